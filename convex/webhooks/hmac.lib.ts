/**
 * Returns whether `hex` is the HMAC-SHA-256 (RFC 2104) of a text's UTF-8 bytes under a secret, in lower-case hex. WebCrypto
 * compares in constant time.
 */
export async function isHmac(hex: string, secret: string, text: string): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(hex)) return false;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  return crypto.subtle.verify("HMAC", key, bytes, encoder.encode(text));
}
