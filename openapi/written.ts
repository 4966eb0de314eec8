import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Writes a generated file, and prints its path and whether it is new, changed or unchanged. */
export function writeGenerated(path: string, text: string): void {
  const before = existsSync(path) ? readFileSync(path, "utf8") : null;
  writeFileSync(path, text);
  const change = before === null ? "is new" : before === text ? "is unchanged" : "has changed";
  console.log(`${path} ${change}`);
}
