import type { ApiContext } from "./env.kit";

/** The strong `ETag` of a document: its stored revision, which every write bumps (RFC 9110, section 8.8.3). */
export const etag = (doc: { revision: number }): { ETag: string } => ({ ETag: `"${doc.revision}"` });

/**
 * Reads the revisions that an `If-Match` header names, by strong comparison: a weak tag names none. Returns undefined without
 * the header, and for `*`, which any existing resource satisfies.
 */
export function revisionsIn(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").flatMap((tag) => {
    const match = /^"(0|[1-9][0-9]{0,14})"$/.exec(tag.trim());
    return match ? [Number(match[1])] : [];
  });
}

/**
 * Returns the revisions that a write accepts, or undefined for any. `If-None-Match: *` accepts none (RFC 9110, section
 * 13.1.2). Tags in that header matter for reads only.
 */
export const revisionsFor = (c: ApiContext): number[] | undefined =>
  c.req.header("If-None-Match")?.trim() === "*" ? [] : revisionsIn(c.req.header("If-Match"));

/** Whether an `If-None-Match` header names a tag, by weak comparison, or is `*`. */
export function isHeld(header: string | undefined, tag: string): boolean {
  return (header ?? "").split(",").some((one) => {
    const trimmed = one.trim();
    return trimmed === "*" || opaque(trimmed) === opaque(tag);
  });
}

/** Returns a tag without the sign of a weak one. */
const opaque = (tag: string): string => tag.replace(/^W\//, "");

/**
 * Replaces a reply to GET by 304 if the client holds its `ETag` already. The 304 keeps the reply's headers, because a cache
 * updates its stored headers from them (RFC 9111, section 4.3.4).
 */
export function unlessUnchanged(c: ApiContext, reply: Response): Response {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return reply;
  const tag = reply.headers.get("ETag");
  if (tag === null || reply.status !== 200 || !isHeld(c.req.header("If-None-Match"), tag)) return reply;
  reply.headers.delete("Content-Type");
  return new Response(null, { status: 304, headers: reply.headers });
}
