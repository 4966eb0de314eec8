/** Returns the SHA-256 of bytes, or of a text's UTF-8 bytes, in lower-case hex. */
export async function sha256(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const hash = new DataView(await crypto.subtle.digest("SHA-256", bytes));
  const hexAt = (at: number) => hash.getBigUint64(at).toString(16).padStart(16, "0");
  return hexAt(0) + hexAt(8) + hexAt(16) + hexAt(24);
}

/**
 * Returns the 32-bit FNV-1a checksum of an ASCII text as eight hex digits. It detects typos and truncation, but does not
 * authenticate the text. (http://www.isthe.com/chongo/tech/comp/fnv)
 */
export function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
