/**
 * Whether a `Prefer` header has a preference that takes no value (RFC 7240, section 2): in any letter case, with parameters or
 * without, and an empty value is none. What stands in quotes is a value, commas and all.
 *
 * @example prefers('foo="a, b"; c, Respond-Async', "respond-async"); // true
 */
export function prefers(header: string, preference: string): boolean {
  // A quote that nobody closes goes on to the end.
  const preferences = header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g) ?? [];
  return preferences.some((one) => {
    const [, name, value] = /^\s*([^\s=;"]+)\s*(?:=\s*(?:("[^"]*"|[^\s;"]+)\s*)?)?(?:;|$)/.exec(one) ?? [];
    return name?.toLowerCase() === preference && (value ?? "").replaceAll('"', "") === "";
  });
}
