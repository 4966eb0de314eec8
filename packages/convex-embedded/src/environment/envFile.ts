/** Env files (`.env.local`): read as Node reads them, and changed without touching what else stands there. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { isDeepStrictEqual, parseEnv } from "node:util";
import { brokenLines } from "./envLines";
import { displayPath } from "./displayPath";

/** The file's text, `""` if there is none. @throws Error that names the file if it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new Error(`Cannot read the environment file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Makes an empty file that its owner alone can read, if there is none.
 *
 * @returns true if it was made. @throws Error that names the file if it can be neither read nor made.
 */
export function makeEnvFile(file: string): boolean {
  try {
    closeSync(openSync(file, "wx", 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      textOf(file);
      return false;
    }
    throw new Error(`Cannot write the environment file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The variables of a file, broken lines apart; none if it is missing. @throws Error that names the file if it cannot be read. */
export function readEnvFile(file: string): ReadonlyMap<string, string> {
  const text = textOf(file);
  const lines = text.split("\n");
  for (const { line } of brokenLines(text)) lines[line - 1] = "";
  return parsed(lines.join("\n"));
}

/** `.env.local:3: what` for each broken line. @throws Error that names the file if it cannot be read. */
export function brokenLinesOf(file: string): string[] {
  return brokenLines(textOf(file)).map(({ line, what }) => `${displayPath(file)}:${line}: ${what}`);
}

/**
 * The same, of a file without broken lines.
 *
 * @throws Error with a line `.env.local:3: what` for each that is broken.
 */
export function readValidEnvFile(file: string): ReadonlyMap<string, string> {
  const broken = brokenLinesOf(file);
  if (broken.length > 0) throw new Error(broken.join("\n"));
  return parsed(textOf(file));
}

/**
 * Sets variables, or with `null` removes them. All other lines stay as they are; a new file can be read by its owner only.
 *
 * @param heading comment for the variables that are added.
 * @param secret true where nobody but its owner may read the file from then on.
 * @throws Error, nothing written, for values that such a file cannot hold, and where it cannot be written.
 */
export function editEnvFile(
  file: string,
  changes: ReadonlyMap<string, string | null>,
  heading?: string,
  secret = false,
): void {
  const before = textOf(file);
  const wanted = new Map(parsed(before));
  let text = before;
  const added: string[] = [];
  for (const [name, value] of changes) {
    const existed = wanted.delete(name);
    if (value !== null) wanted.set(name, value);
    const line = value === null ? "" : `${name}=${quoted(name, value)}\n`;
    if (existed) text = withLine(text, name, line);
    else added.push(line);
  }
  if (added.length > 0) {
    if (text !== "" && !text.endsWith("\n")) text += "\n";
    text += (heading === undefined ? "" : `# ${heading}\n`) + added.join("");
  }
  // Whoever wrote the file may have quoted in ways that the pattern below does not know.
  if (!isDeepStrictEqual(byName(parsed(text)), byName(wanted))) {
    throw new Error(`${file} is written in a way that only a person can change: change it there.`);
  }
  if (text !== before) write(file, text, secret ? 0o700 : 0o777);
}

/** As it can be read back, without quotes where it needs none. @throws Error if there is no way. */
function quoted(name: string, value: string): string {
  const plain = /^[\w@%+:,./|=-]*$/.test(value) ? [value] : [];
  const forms = [...plain, `'${value}'`, `"${value}"`, `\`${value}\``];
  const form = forms.find((candidate) => {
    // As UTF-8, which has no lone surrogates.
    const read = parsed(Buffer.from(`${name}=${candidate}\nZ=z\n`).toString());
    return read.get(name) === value && read.get("Z") === "z" && read.size === 2;
  });
  if (form !== undefined) return form;
  throw new Error(
    `An env file cannot hold the value of ${name}: it has all three kinds of quotes in it, or is no UTF-8.`,
  );
}

/** The text with another line in the place of those that set the variable, of which the last one counts. */
function withLine(text: string, name: string, line: string): string {
  const value = String.raw`(?:'[^']*'|"[^"]*"|\`[^\`]*\`)?[^\n]*(?:\n|$)`;
  const setting = new RegExp(String.raw`^[ \t]*(?:export[ \t]+)?${name}[ \t]*=[ \t]*${value}`, "gm");
  let put = false;
  return text.replace(setting, () => {
    if (put) return "";
    put = true;
    return line;
  });
}

function parsed(text: string): Map<string, string> {
  return new Map(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]));
}

function byName(variables: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...variables].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Puts the text there whole or not at all, also where the file is a link. @param modes that the file may have. */
function write(file: string, text: string, modes: number): void {
  const target = targetOf(file);
  const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o600;
  const beside = `${target}.${process.pid}.new`;
  try {
    const handle = openSync(beside, "w", mode & modes);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Error(`Cannot write the environment file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
