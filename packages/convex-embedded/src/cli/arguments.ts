/** Parses command lines. */
import { resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";
import { calledByNpm, optionTakenByNpm } from "./npm";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The command line is invalid. The program prints the message and the usage. */
export class UsageError extends Error {}

/** Parses a command line of options only. @throws UsageError for anything else. */
export function parseStrictly<T extends Options>(args: readonly string[], options: T) {
  return parse({ args: [...args], options, strict: true }).values;
}

/** Parses options and one file. Returns the file as an absolute path. @throws UsageError */
export function parseWithFile<T extends Options>(args: readonly string[], options: T) {
  const { values, positionals } = parse({ args: [...args], options, strict: true, allowPositionals: true });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("Name one file.");
  return { file: resolve(file), values };
}

/** Parses the command line with `parseArgs`. @throws UsageError for unknown options, and for an option that npm consumed. */
export function parse<T extends ParseArgsConfig>(config: T) {
  const taken = optionTakenByNpm(Object.keys(config.options ?? {}));
  if (taken !== undefined) {
    const right = `${calledByNpm()} -- ${taken}`;
    throw new UsageError(`npm consumed ${taken} itself. Put it after two dashes: ${right}`);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Parses like `parse`, but prints the usage and exits for `--help` and for an invalid command line. */
export function parseOrExit<T extends ParseArgsConfig>(usage: string, config: T) {
  if (process.argv.slice(2).includes("--help")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parse(config);
  } catch (error) {
    return refuse((error as Error).message, usage);
  }
}

/** Prints the message and the usage, and exits with the status for an invalid command line. */
export function refuse(message: string, usage: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}
