import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Writes a generated file, and says in a line whether it is another one now. @param path as the line has it. */
export function writeGenerated(path: string, text: string): void {
  const before = existsSync(path) ? readFileSync(path, "utf8") : null;
  writeFileSync(path, text);
  const change = before === null ? "is new" : before === text ? "is unchanged" : "has changed";
  console.log(`${path} ${change}`);
}
