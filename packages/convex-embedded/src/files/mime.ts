/**
 * The content types that Convex stores: those that version 0.3.17 of Rust's `mime` parses, which is stricter than HTTP in
 * some places and laxer in others. Spaces come only after a semicolon or a quoted value, no parameter is empty, and a
 * backslash in quotes escapes nothing.
 */

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const CHARACTER = "[\\x20-\\x7e\\x80-\\uffff]";
const ESSENCE = new RegExp(`^${TOKEN}/${TOKEN}(?=;|$)`);
/**
 * What may follow a semicolon: spaces, then a parameter. A value in quotes has at least one character, and the first may be
 * a quote. One without quotes is empty only at the end.
 */
const PARAMETER = new RegExp(
  `; *(?:(${TOKEN})=(?:"${CHARACTER}(?:(?!")${CHARACTER})*" *(?=;|$)|${TOKEN}(?=;|$)|$)|$)`,
  "y",
);

/**
 * The type as Convex keeps it: names in lower case, and a charset's value too.
 *
 * @returns `null` for what Convex refuses.
 */
export function mimeOf(text: string): string | null {
  const essence = ESSENCE.exec(text)?.[0];
  if (essence === undefined) return null;
  let type = text;
  let at = essence.length;
  let parameters = 0;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(text);
    if (found === null) return null;
    const [all, name] = found;
    if (name !== undefined) {
      parameters++;
      const start = at + all.indexOf(name);
      // The value in lower case too, quotes and all: their case does not matter.
      const end = name.toLowerCase() === "charset" ? at + all.length : start + name.length;
      type = type.slice(0, start) + type.slice(start, end).toLowerCase() + type.slice(end);
    }
    at += all.length;
  }
  const rest = parameters === 0 ? "" : type.slice(essence.length);
  return essence.toLowerCase() + rest;
}
