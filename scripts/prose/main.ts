/** Checks the prose of documents, comments and messages: `npm run check:prose [-- PATH ...] [--summary]`. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { check, type Finding } from "./check";
import { proseFiles } from "./files";

const USAGE = `usage: npm run check:prose -- [PATH ...] [--summary]

  PATH       a folder or a file (default: the whole repository)
  --summary  print only the counts by rule and by folder
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { summary: { type: "boolean" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help === true) return void process.stdout.write(USAGE);
  const findings: Finding[] = [];
  for (const file of proseFiles(positionals).filter((name) => existsSync(name)))
    findings.push(...(await check(file, readFileSync(file, "utf8"))));
  if (values.summary !== true)
    for (const { file, line, column, rule, message, sentence } of findings)
      process.stdout.write(`${file}:${line}:${column}  ${rule}  ${message}\n    ${sentence}\n`);
  process.stdout.write(summary(findings));
  process.exitCode = findings.length === 0 ? 0 : 1;
}

function summary(findings: Finding[]): string {
  if (findings.length === 0) return "The prose check found nothing.\n";
  const table = (title: string, key: (finding: Finding) => string) => {
    const counts = new Map<string, number>();
    for (const finding of findings) counts.set(key(finding), (counts.get(key(finding)) ?? 0) + 1);
    const rows = [...counts].sort(([, a], [, b]) => b - a);
    return [title, ...rows.map(([name, count]) => `${String(count).padStart(6)}  ${name}`)];
  };
  const lines = [
    `\n${findings.length} findings`,
    ...table("by rule", ({ rule }) => rule),
    ...table("by folder", ({ file }) => folderOf(file)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Returns up to four path segments below `packages/`, and up to two elsewhere. */
function folderOf(file: string): string {
  const parts = file.split("/").slice(0, -1);
  return parts.slice(0, parts[0] === "packages" ? 4 : 2).join("/") || ".";
}

// `head` closes the pipe when it has read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
});
