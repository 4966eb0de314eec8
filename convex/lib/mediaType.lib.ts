/** Media types as in HTTP (RFC 9110, section 8.3.1), and the stricter form that file storage accepts. */

export type MediaType = {
  /** `type/subtype`, in its original letter case. */
  readonly essence: string;
  /** Names in their original letter case, and values without quotes and escapes. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
};

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/** No registered name contains `*` (RFC 6838, section 4.2): `image/*` is a range of types. */
const NAME = "[!#$%&'+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*)"';
/** Parses a `Content-Type`. Returns undefined if it is not a media type in ASCII. */
export function parseMediaType(text: string): MediaType | undefined {
  const essence = new RegExp(`^${NAME}/${NAME}`).exec(text)?.[0];
  if (essence === undefined) return undefined;
  // Only one part of the pattern can match each space. Otherwise a header full of spaces would take quadratic time.
  const parameter = new RegExp(`[ \\t]*;(?:[ \\t]*(${TOKEN})=(?:(${TOKEN})|${QUOTED}))?`, "y");
  const parameters: [string, string][] = [];
  let at = essence.length;
  parameter.lastIndex = at;
  for (let found = parameter.exec(text); found !== null; found = parameter.exec(text)) {
    at = parameter.lastIndex;
    const [, name, token, quoted = ""] = found;
    if (name !== undefined) parameters.push([name, token ?? quoted.replaceAll(/\\(.)/g, "$1")]);
  }
  return /^[ \t]*$/.test(text.slice(at)) ? { essence, parameters } : undefined;
}

/**
 * Converts a media type to the form that Convex can store. `storage.store` throws for several forms that HTTP allows: a
 * space before a semicolon, an empty parameter or value, a quote in a value, trailing spaces. A Blob drops its whole type if
 * it contains a TAB. Parameters that cannot be stored are removed.
 *
 * @returns `""`, the type of a Blob without a type, if the text is not a media type.
 */
export function storableType(text: string): string {
  const type = parseMediaType(text);
  if (type === undefined) return "";
  const token = new RegExp(`^${TOKEN}$`);
  const parameters = type.parameters.flatMap(([name, value]) => {
    if (value === "" || /["\t]/.test(value)) return [];
    const quoted = token.test(value) ? value : `"${value.replaceAll("\\", "\\\\")}"`;
    return [`; ${name}=${quoted}`];
  });
  return type.essence + parameters.join("");
}
