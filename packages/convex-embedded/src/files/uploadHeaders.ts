/** The digest header of an upload. */

/** Decodes a base64 digest of 32 bytes. Returns `null` for other text. */
export function sha256Of(base64: string): Buffer | null {
  const digest = Buffer.from(base64, "base64");
  return digest.length === 32 && digest.toString("base64") === base64 ? digest : null;
}
