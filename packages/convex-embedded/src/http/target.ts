/** Request targets (RFC 9112, section 3.2). */

/**
 * Returns the path and query of a request target, unchanged. The scheme and authority of an absolute URL are dropped, because the
 * client chooses them, like the `Host` header.
 *
 * @returns `null` for other targets: `*`, an authority, an invalid URL.
 */
export function pathAndQuery(target: string): string | null {
  if (target.startsWith("/")) return target;
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  const { pathname, search } = new URL(target);
  return pathname + search;
}
