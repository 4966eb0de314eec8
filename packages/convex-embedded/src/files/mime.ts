/**
 * The content types that Convex stores: those that version 0.3.17 of Rust's `mime` parses. It is stricter than HTTP in some places
 * and laxer in others: spaces may occur only after a semicolon or a quoted value, parameters must not be empty, and a backslash in
 * quotes is not an escape.
 */

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const CHARACTER = "[\\x20-\\x7e\\x80-\\uffff]";
const ESSENCE = new RegExp(`^${TOKEN}/${TOKEN}(?=;|$)`);
/**
 * The text after a semicolon: spaces, then a parameter. A quoted value has at least one character, which may be a quote. An unquoted
 * value may be empty only at the end.
 */
const PARAMETER = new RegExp(
  `; *(?:(${TOKEN})=(?:"${CHARACTER}(?:(?!")${CHARACTER})*" *(?=;|$)|${TOKEN}(?=;|$)|$)|$)`,
  "y",
);

/**
 * Normalizes a content type as Convex does: names and the value of `charset` in lower case.
 *
 * @returns `null` for a type that Convex refuses.
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
      // A charset is case-insensitive, so its value becomes lower case too, with its quotes.
      const end = name.toLowerCase() === "charset" ? at + all.length : start + name.length;
      type = type.slice(0, start) + type.slice(start, end).toLowerCase() + type.slice(end);
    }
    at += all.length;
  }
  const rest = parameters === 0 ? "" : type.slice(essence.length);
  return essence.toLowerCase() + rest;
}
