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
