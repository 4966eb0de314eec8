/**
 * Returns whether a `Prefer` header has this preference without a value (RFC 7240, section 2). Letter case and parameters do
 * not matter. An empty value counts as no value. A comma within quotes does not separate preferences.
 *
 * @example prefers('foo="a, b"; c, Respond-Async', "respond-async"); // true
 */
export function prefers(header: string, preference: string): boolean {
  // An unclosed quote extends to the end of the header.
  const preferences = header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g) ?? [];
  return preferences.some((text) => {
    const [, name, value] = /^\s*([^\s=;"]+)\s*(?:=\s*(?:("[^"]*"|[^\s;"]+)\s*)?)?(?:;|$)/.exec(text) ?? [];
    return name?.toLowerCase() === preference && (value ?? "").replaceAll('"', "") === "";
  });
}
