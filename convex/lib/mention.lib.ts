import { foldEmail } from "./email.lib";

/**
 * Returns a function that tells whether a text names an email address. It finds the address in any letter case, in JSON with
 * escaped characters, in JSON within JSON, and in a URL with `%40`. It does not find it within a longer address.
 */
export function mentionOf(email: string): (text: string) => boolean {
  const escaped = foldEmail(email)
    .replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
    .replace("@", "(?:@|%40)");
  const pattern = new RegExp(`(?<![a-z0-9._+-])${escaped}(?![a-z0-9-]|\\.[a-z0-9])`);
  return (text) => pattern.test(foldEmail(unescaped(text)));
}

/**
 * Replaces the escapes of JSON: `\u0040` by its character, `\/` by a slash, and all others by a space.
 * The lookbehind keeps the time linear: without it, a search would start at every backslash of a long row.
 */
const unescaped = (text: string): string =>
  text.replace(/(?<!\\)\\+(?:u([0-9a-fA-F]{4})|([nrtbf"/]))/g, (_, hex: string | undefined, other: string) =>
    hex === undefined ? (other === "/" ? "/" : " ") : String.fromCharCode(parseInt(hex, 16)),
  );
