/** The digest that may come with a file. */

/** The 32 bytes that a text in base64 stands for, `null` if it is anything else. */
export function sha256Of(base64: string): Buffer | null {
  const digest = Buffer.from(base64, "base64");
  return digest.length === 32 && digest.toString("base64") === base64 ? digest : null;
}
