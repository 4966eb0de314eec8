/** Finds broken lines of an env file. Node accepts them silently and may read the lines after them as part of a value. */

/** A line that sets no variable, or sets another value than it seems to. */
export interface BrokenLine {
  /** The line number, from 1. */
  readonly line: number;
  readonly problem: string;
}

/** Returns the broken lines in order. Comments, empty lines and quoted values over several lines are valid. */
export function brokenLines(text: string): readonly BrokenLine[] {
  const found: BrokenLine[] = [];
  const lines = /[^\n]*(?:\n|$)/y;
  const quoted =
    /([ \t]*(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*=[ \t]*(["'`]))(?:(?!\2)[^])*\2[^\n]*(?:\n|$)/y;
  for (let at = 0, line = 1; at < text.length;) {
    quoted.lastIndex = lines.lastIndex = at;
    const whole = quoted.exec(text)?.[0];
    const setting = whole ?? lines.exec(text)?.[0] ?? "";
    const problem = whole === undefined ? problemOf(setting.trim()) : null;
    if (problem !== null) found.push({ line, problem });
    at += setting.length;
    line += setting.split("\n").length - 1;
  }
  return found;
}

function problemOf(line: string): string | null {
  if (line === "" || line.startsWith("#")) return null;
  const [, value] = /^(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/.exec(line) ?? [];
  if (value === undefined) return "expected NAME=value or a comment";
  return /^["'`]/.test(value) ? `the quote ${value.charAt(0)} is never closed` : null;
}
