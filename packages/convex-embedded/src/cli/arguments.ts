/** How command lines are read, whichever command it is. */
import { resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";
import { calledByNpm, optionTakenByNpm } from "./npm";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The command line does not say what it should. The message is followed by the usage. */
export class UsageError extends Error {}

/** The options of a command that takes nothing else. @throws UsageError for what is none of them. */
export function parseStrictly<T extends Options>(args: readonly string[], options: T) {
  return parse({ args: [...args], options, strict: true }).values;
}

/** The options and the file, absolute, of a command on one file. @throws UsageError */
export function parseWithFile<T extends Options>(args: readonly string[], options: T) {
  const { values, positionals } = parse({ args: [...args], options, strict: true, allowPositionals: true });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("Name one file.");
  return { file: resolve(file), values };
}

/** What `parseArgs` makes of a command line. @throws UsageError for what is none of its options, and for one that npm kept. */
export function parse<T extends ParseArgsConfig>(config: T) {
  const taken = optionTakenByNpm(Object.keys(config.options ?? {}));
  if (taken !== undefined) {
    const right = `${calledByNpm()} -- ${taken}`;
    throw new UsageError(`npm has kept ${taken} for itself. Write it behind two dashes: ${right}`);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The same for a program that knows no more than this of its command line: what makes no sense, and `--help`, end it. */
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

/** Ends the program, as one whose command line makes no sense. */
export function refuse(message: string, usage: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}
