/** Reads env files (`.env.local`) like Node, and edits them without changing other lines. */
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

/** Returns the file's text, `""` if it does not exist. @throws Error that names the file if it cannot be read. */
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
 * Creates an empty file with mode 0600 if the file does not exist.
 *
 * @returns true if it was created. @throws Error that names the file if it can be neither read nor created.
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

/**
 * Returns the variables of a file. Ignores broken lines and a missing file.
 *
 * @throws Error that names the file if it cannot be read.
 */
export function readEnvFile(file: string): ReadonlyMap<string, string> {
  const text = textOf(file);
  const lines = text.split("\n");
  for (const { line } of brokenLines(text)) lines[line - 1] = "";
  return parsed(lines.join("\n"));
}

/** Returns `.env.local:3: problem` for each broken line. @throws Error that names the file if it cannot be read. */
export function brokenLinesOf(file: string): string[] {
  return brokenLines(textOf(file)).map(({ line, problem }) => `${displayPath(file)}:${line}: ${problem}`);
}

/**
 * Returns the variables of a file that must not have broken lines.
 *
 * @throws Error with a line `.env.local:3: problem` for each broken line.
 */
export function readValidEnvFile(file: string): ReadonlyMap<string, string> {
  const broken = brokenLinesOf(file);
  if (broken.length > 0) throw new Error(broken.join("\n"));
  return parsed(textOf(file));
}

/**
 * Sets variables, or removes those whose value is `null`. All other lines stay the same. A new file gets mode 0600.
 *
 * @param heading A comment above added variables.
 * @param secret True to allow only the owner to read the file from now on.
 * @throws Error if an env file cannot contain a value, or the file cannot be written. The file is then unchanged.
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
  // The file may use quoting that the pattern in `withLine` does not support.
  if (!isDeepStrictEqual(byName(parsed(text)), byName(wanted))) {
    throw new Error(`${file} has quoting that this command cannot edit. Edit the file by hand.`);
  }
  if (text !== before) write(file, text, secret ? 0o700 : 0o777);
}

/** Quotes a value if necessary, so that it reads back unchanged. @throws Error if no kind of quote works. */
function quoted(name: string, value: string): string {
  const plain = /^[\w@%+:,./|=-]*$/.test(value) ? [value] : [];
  const forms = [...plain, `'${value}'`, `"${value}"`, `\`${value}\``];
  const form = forms.find((candidate) => {
    // Convert to UTF-8 and back: UTF-8 cannot encode lone surrogates.
    const read = parsed(Buffer.from(`${name}=${candidate}\nZ=z\n`).toString());
    return read.get(name) === value && read.get("Z") === "z" && read.size === 2;
  });
  if (form !== undefined) return form;
  throw new Error(
    `An env file cannot hold the value of ${name}: it contains all three kinds of quotes, or is not valid UTF-8.`,
  );
}

/** Replaces the first line that sets the variable and deletes further ones. */
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

/** Writes the file atomically. If it is a symbolic link, writes its target. @param modes A mask for the file's mode. */
function write(file: string, text: string, modes: number): void {
  const target = targetOf(file);
  const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o600;
  const temporary = `${target}.${process.pid}.new`;
  try {
    const handle = openSync(temporary, "w", mode & modes);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
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
