/** What is wrong with the lines of an env file. Node reads such a file without a word, and takes other lines for part of it. */

/** A line that sets nothing, or not what it seems to. */
export interface BrokenLine {
  /** From 1 on. */
  readonly line: number;
  readonly what: string;
}

/** In the order of the text. Comments and empty lines are whole, and so are values in quotes over several lines. */
export function brokenLines(text: string): readonly BrokenLine[] {
  const found: BrokenLine[] = [];
  const lines = /[^\n]*(?:\n|$)/y;
  const quoted =
    /([ \t]*(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*=[ \t]*(["'`]))(?:(?!\2)[^])*\2[^\n]*(?:\n|$)/y;
  for (let at = 0, line = 1; at < text.length;) {
    quoted.lastIndex = lines.lastIndex = at;
    const whole = quoted.exec(text)?.[0];
    const setting = whole ?? lines.exec(text)?.[0] ?? "";
    const what = whole === undefined ? problemOf(setting.trim()) : null;
    if (what !== null) found.push({ line, what });
    at += setting.length;
    line += setting.split("\n").length - 1;
  }
  return found;
}

function problemOf(line: string): string | null {
  if (line === "" || line.startsWith("#")) return null;
  const [, value] = /^(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/.exec(line) ?? [];
  if (value === undefined) return "this is no NAME=value, and no comment";
  return /^["'`]/.test(value) ? `the quote ${value.charAt(0)} is never closed` : null;
}
