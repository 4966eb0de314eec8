/** Returns the SHA-256 of bytes, or of a text's UTF-8 bytes, in lower-case hex. */
export async function sha256(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  let hex = "";
  for (const byte of new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) {
    hex += (byte < 16 ? "0" : "") + byte.toString(16);
  }
  return hex;
}
