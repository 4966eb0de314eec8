/** The command lines of `export` and `import`. */
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseWithFile, UsageError } from "./arguments";
import type { ImportMode, ImportPlan } from "../exchange/plan";
import { qualified } from "../exchange/plan";

export const EXCHANGE_USAGE = `  export FILE.zip [--data DIR]
                           write documents and stored files in Convex's snapshot format, which npx convex import reads;
                           works while a server is running
  import FILE.zip [--data DIR] [--replace | --replace-all | --append] [--yes] [--project DIR] [--env-file FILE]
                           import a file from npx convex export or from this export; stop the server first.
                           If tables already have documents, one of these is required:
                             --replace         replace the tables that are in FILE.zip
                             --replace-all     the same, and empty all other tables
                             --append          keep the existing documents
                           The other options:
                             --yes             delete documents without asking
                             --project DIR     folder that holds convex/, whose schema the documents must match
                                               (default: the current directory)
                             --env-file FILE   environment variables for convex.config.ts (default .env.local, if it exists)
`;

/** Prints progress to stderr. The result goes to stdout. */
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs `export`. @throws UsageError, and the errors of `exportSnapshot`. */
export async function runExport(args: readonly string[]): Promise<void> {
  const { file, values } = parseWithFile(args, { data: { type: "string" } });
  const { exportSnapshot } = await import("../exchange/commands/export");
  const directory = resolve(values.data ?? ".convex-embedded");
  const { bytes, documents, tables, files, jobs } = await exportSnapshot({ directory, file, progress });
  if (jobs > 0) {
    progress(
      `left out: ${jobs} scheduled function${jobs === 1 ? "" : "s"} still to run. Convex's snapshot format does not support them. Cron jobs ` +
        "start anew where the functions are deployed.",
    );
  }
  process.stdout.write(
    `exported ${file}: ${bytes} bytes, ${documents} documents in ${tables} tables, ${files} stored files\n`,
  );
}

/** Runs `import`. @throws UsageError, and the errors of `importSnapshot` and of the project's own code. */
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
  // With both, the wider option applies, as on Convex.
  if (values.append && (values.replace || values["replace-all"]))
    throw new UsageError("--append cannot be combined with --replace or --replace-all. Choose one.");
  if (values["replace-all"]) return "replaceAll";
  if (values.replace) return "replace";
  return values.append ? "append" : "requireEmpty";
}

async function ask(lost: ImportPlan["lost"]): Promise<boolean> {
  for (const { table, count } of lost) progress(`${qualified(table)}: ${count} documents will be deleted`);
  if (!process.stdin.isTTY)
    throw new Error("cannot ask for confirmation without a terminal. Pass --yes to delete those documents");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question("Import? [y/N] "));
  } finally {
    terminal.close();
  }
}
