/**
 * Returns the `Content-Disposition` header of a download (RFC 6266). It is always `attachment`, so that no browser runs a stored
 * page on the API's origin. A name that is not plain ASCII appears twice: as `filename` in ASCII, and as `filename*` in
 * percent-encoding (RFC 8187).
 *
 * @example attachment("naïve.txt"); // attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt
 */
export function attachment(name: string | undefined): string {
  if (name === undefined) return "attachment";
  // `%` is replaced too, because some browsers decode percent-encoding in `filename`.
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const plain = `attachment; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encoded(name)}`;
}

/** Percent-encodes a text. `encodeURIComponent` does not encode `'()*`, which RFC 8187 does not allow. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
