/** What may be said of a file that is stored. */

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"';
const PARAMETER = `${TOKEN}=(?:${TOKEN}|${QUOTED})`;
// Spaces can be matched in one place only each, or a header full of them would take for ever.
const CONTENT_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;(?:[ \\t]*${PARAMETER})?)*[ \\t]*$`);

/** True for `type/subtype` with parameters (RFC 9110), in ASCII. */
export function isContentType(text: string): boolean {
  return CONTENT_TYPE.test(text);
}

/** The 32 bytes that a text in base64 stands for, `null` if it is anything else. */
export function sha256Of(base64: string): Buffer | null {
  const digest = Buffer.from(base64, "base64");
  return digest.length === 32 && digest.toString("base64") === base64 ? digest : null;
}
