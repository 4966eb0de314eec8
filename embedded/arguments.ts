/** How command lines are read, whichever command it is. */
import { resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";

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

/** What `parseArgs` makes of a command line. @throws UsageError for what is none of its options. */
export function parse<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
