/** The command lines of `export` and `import`. */
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseWithFile, UsageError } from "./arguments";
import type { ImportMode, ImportPlan } from "../exchange/plan";
import { qualified } from "../exchange/plan";

export const EXCHANGE_USAGE = `  export FILE.zip [--data DIR]
                           write documents and stored files as Convex's snapshots have them, also while a server is at
                           work; npx convex import FILE.zip takes them
  import FILE.zip [--data DIR] [--replace | --replace-all | --append] [--yes] [--project DIR] [--env-file FILE]
                           take what npx convex export has written, or this export; not while a server is at work.
                           Tables that have documents are refused unless it says what becomes of those:
    --replace              tables in FILE.zip take their place
    --replace-all          the same, and all other tables are emptied
    --append               they stay
    --yes                  do not ask before documents are deleted
    --project DIR          folder that holds convex/, whose schema the documents must match (the current one)
    --env-file FILE        environment variables for convex.config.ts (.env.local, if there)
`;

/** Lines that come while it works. What it comes to goes to stdout. */
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** @throws UsageError, and what `exportSnapshot` throws. */
export async function runExport(args: readonly string[]): Promise<void> {
  const { file, values } = parseWithFile(args, { data: { type: "string" } });
  const { exportSnapshot } = await import("../exchange/commands/export");
  const directory = resolve(values.data ?? ".convex-embedded");
  const { bytes, documents, tables, files, jobs } = await exportSnapshot({ directory, file, progress });
  if (jobs > 0) {
    progress(
      `left out: ${jobs} scheduled function${jobs === 1 ? "" : "s"} still to run. Convex's snapshots have no place for them; cron jobs ` +
        "begin anew where the functions are deployed.",
    );
  }
  process.stdout.write(
    `exported ${file}: ${bytes} bytes, ${documents} documents in ${tables} tables, ${files} stored files\n`,
  );
}

/** @throws UsageError, and what `importSnapshot` and the project's own code throw. */
export async function runImport(args: readonly string[]): Promise<void> {
  const { file, values } = parseWithFile(args, {
    data: { type: "string" },
    replace: { type: "boolean" },
    "replace-all": { type: "boolean" },
    append: { type: "boolean" },
    yes: { type: "boolean" },
    project: { type: "string" },
    "env-file": { type: "string" },
  });
  const mode = modeOf(values);
  const project = resolve(values.project ?? ".");
  const directory = resolve(project, values.data ?? ".convex-embedded");
  const { projectSchemas } = await import("../server/projectSchemas");
  const { importSnapshot } = await import("../exchange/commands/import");
  const schemas = await projectSchemas(project, resolve(project, values["env-file"] ?? ".env.local"));
  const confirm = (lost: ImportPlan["lost"]): Promise<boolean> =>
    values.yes === true ? Promise.resolve(true) : ask(lost);
  const { documents, tables, files } = await importSnapshot({
    file,
    directory,
    mode,
    schemas,
    confirm,
    progress,
  });
  process.stdout.write(
    `imported ${file} to ${directory}: ${documents} documents in ${tables} tables, ${files} stored files\n`,
  );
}

function modeOf(values: {
  readonly replace?: boolean | undefined;
  readonly "replace-all"?: boolean | undefined;
  readonly append?: boolean | undefined;
}): ImportMode {
  // Convex takes both, and the wider one counts.
  if (values.append && (values.replace || values["replace-all"]))
    throw new UsageError("--append keeps what --replace takes the place of: choose one.");
  if (values["replace-all"]) return "replaceAll";
  if (values.replace) return "replace";
  return values.append ? "append" : "requireEmpty";
}

async function ask(lost: ImportPlan["lost"]): Promise<boolean> {
  for (const { table, count } of lost) progress(`${qualified(table)}: ${count} documents are to be deleted`);
  if (!process.stdin.isTTY)
    throw new Error("nobody is there to be asked. Say --yes to delete those documents");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question("Import? [y/N] "));
  } finally {
    terminal.close();
  }
}
