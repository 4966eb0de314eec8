/** The commands of the embedded runtime: `npm run embedded -- help`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { EXCHANGE_USAGE, runExport, runImport } from "./commands/exchange";
import { UsageError } from "./options";

const USAGE = `usage: npm run embedded -- COMMAND

  start [options]          serve the functions in convex/, as npm start does (start --help)
  backup FILE [--data DIR]
                           copy the data into one new file, also while a server is at work
  restore FILE [--data DIR] [--replace]
                           put the data of a backup into a data directory that is empty, or take the place of what is
                           there; not while a server is at work
${EXCHANGE_USAGE}
  admin-key [--data DIR]   print the key for npx convex: CONVEX_SELF_HOSTED_ADMIN_KEY

  --data DIR               data directory (.convex-embedded)
`;

await main(process.argv.slice(2));

async function main([command, ...args]: readonly string[]): Promise<void> {
  try {
    switch (command) {
      case "start":
        // It reads its command line itself.
        process.argv.splice(2, 1);
        await import("./main");
        return;
      case "backup":
        await backup(args);
        return;
      case "restore":
        await restore(args);
        return;
      case "export":
        await runExport(args);
        return;
      case "import":
        await runImport(args);
        return;
      case "admin-key":
        await adminKey(args);
        return;
      case "help":
      case "--help":
        process.stdout.write(USAGE);
        return;
      default:
        throw new UsageError(command === undefined ? "No command." : `There is no command '${command}'.`);
    }
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${(error as Error).message}\n${usage ? `\n${USAGE}` : ""}`);
    process.exitCode = usage ? 2 : 1;
  }
}

async function backup(args: readonly string[]): Promise<void> {
  const { file, directory } = parse(args, false);
  const { backUp } = await import("./commands/backup");
  const { bytes, files } = await backUp({ directory, file });
  process.stdout.write(`backup ${file}: ${bytes} bytes, with ${files} stored files\n`);
}

async function restore(args: readonly string[]): Promise<void> {
  const { file, directory, replace } = parse(args, true);
  const { restore } = await import("./commands/restore");
  const { files } = await restore({ file, directory, replace });
  process.stdout.write(`restored ${file} to ${directory}, with ${files} stored files\n`);
}

async function adminKey(args: readonly string[]): Promise<void> {
  const { data = ".convex-embedded" } = valuesOf(args);
  const { existingAdminKey } = await import("./protocol/adminKey");
  process.stdout.write(`${existingAdminKey(resolve(data))}\n`);
}

/** @throws UsageError for anything but `--data DIR`. */
function valuesOf(args: readonly string[]): { data?: string } {
  try {
    return parseArgs({ args: [...args], options: { data: { type: "string" } }, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

interface Parsed {
  /** Absolute. */
  readonly file: string;
  /** Absolute. */
  readonly directory: string;
  readonly replace: boolean;
}

function parse(args: readonly string[], replaces: boolean): Parsed {
  const options = { data: { type: "string" }, replace: { type: "boolean" } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const [file, ...more] = parsed.positionals;
  if (file === undefined || more.length > 0) throw new UsageError("Name one file.");
  const { data = ".convex-embedded", replace = false } = parsed.values;
  if (replace && !replaces) throw new UsageError("A backup replaces nothing.");
  return { file: resolve(file), directory: resolve(data), replace };
}
