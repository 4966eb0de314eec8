/** The command line: `convex-embedded help`. */
import { resolve } from "node:path";
import { parseStrictly, parseWithFile, UsageError } from "./arguments";
import { EXCHANGE_USAGE, runExport, runImport } from "./exchange";

const USAGE = `usage: convex-embedded COMMAND

  start [options]          serve the functions in convex/ (options: start --help)
  backup FILE [--data DIR]
                           copy the data into one new file; works while a server is running
  restore FILE [--data DIR] [--replace]
                           restore a backup into an empty data directory, or replace the existing data with --replace;
                           stop the server first
${EXCHANGE_USAGE}
  admin-key [--data DIR]   print the admin key for npx convex (CONVEX_SELF_HOSTED_ADMIN_KEY)

  --data DIR               data directory (default .convex-embedded)
`;

const TEXT = { type: "string" } as const;

await main(process.argv.slice(2));

async function main([command, ...args]: readonly string[]): Promise<void> {
  try {
    switch (command) {
      case "start":
        // `start` parses the command line itself.
        process.argv.splice(2, 1);
        await import("./start");
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
        throw new UsageError(command === undefined ? "Name a command." : `Unknown command '${command}'.`);
    }
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${(error as Error).message}\n${usage ? `\n${USAGE}` : ""}`);
    process.exitCode = usage ? 2 : 1;
  }
}

async function backup(args: readonly string[]): Promise<void> {
  const { file, values } = parseWithFile(args, { data: TEXT });
  const { backUp } = await import("../backup/backup");
  const { bytes, files } = await backUp({ directory: directoryOf(values), file });
  process.stdout.write(`backup ${file}: ${bytes} bytes, with ${files} stored files\n`);
}

async function restore(args: readonly string[]): Promise<void> {
  const { file, values } = parseWithFile(args, { data: TEXT, replace: { type: "boolean" } });
  const directory = directoryOf(values);
  const { restore } = await import("../backup/restore");
  const { files, sealed } = await restore({ file, directory, replace: values.replace ?? false });
  if (!sealed)
    process.stderr.write(
      `${file} was made by an older version. Each entry was verified, but the backup has no checksum of the whole file. ` +
        "Make a new backup.\n",
    );
  process.stdout.write(`restored ${file} to ${directory}, with ${files} stored files\n`);
}

async function adminKey(args: readonly string[]): Promise<void> {
  const directory = directoryOf(parseStrictly(args, { data: TEXT }));
  const { existingAdminKey } = await import("../protocol/adminKey");
  process.stdout.write(`${existingAdminKey(directory)}\n`);
}

/** Returns the absolute path of the data directory. */
function directoryOf({ data = ".convex-embedded" }: { readonly data?: string | undefined }): string {
  return resolve(data);
}
