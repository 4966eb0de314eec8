/** Request targets (RFC 9112, section 3.2). */

/**
 * The path and query of a request target: of a path as it stands, of an absolute URL without its scheme and authority. What
 * those say is the client's word, as the `Host` header is.
 *
 * @returns `null` for other targets: `*`, an authority, a broken URL.
 */
export function pathAndQuery(target: string): string | null {
  if (target.startsWith("/")) return target;
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  const { pathname, search } = new URL(target);
  return pathname + search;
}
