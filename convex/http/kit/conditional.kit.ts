import type { ApiContext } from "./env.kit";

/** The strong `ETag` of a document: its stored revision, which every write bumps (RFC 9110, section 8.8.3). */
export const etag = (doc: { revision: number }): { ETag: string } => ({ ETag: `"${doc.revision}"` });

/**
 * The revisions that an `If-Match` header names, by strong comparison: a weak tag names none. Undefined without the header
 * and for `*`, which holds for whatever exists.
 */
export function revisionsIn(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").flatMap((tag) => {
    const match = /^"(0|[1-9][0-9]{0,14})"$/.exec(tag.trim());
    return match ? [Number(match[1])] : [];
  });
}

/**
 * The revisions that a write may meet, or undefined for any. `If-None-Match: *` asks for there to be none (RFC 9110, section
 * 13.1.2); tags in that header save reading, and are nothing to a write.
 */
export const revisionsFor = (c: ApiContext): number[] | undefined =>
  c.req.header("If-None-Match")?.trim() === "*" ? [] : revisionsIn(c.req.header("If-Match"));

/**
 * Answers 304 in the place of a reply whose `ETag` the client holds already (weak comparison, `*` included). It has the
 * reply's own headers, because a cache puts them into the place of those that it holds (RFC 9111, section 4.3.4). What a
 * write has done is told in any case.
 */
export function unlessUnchanged(c: ApiContext, reply: Response): Response {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return reply;
  const held = c.req.header("If-None-Match");
  const tag = reply.headers.get("ETag");
  if (held === undefined || tag === null || reply.status !== 200) return reply;
  const unchanged = held.split(",").some((one) => {
    const trimmed = one.trim();
    return trimmed === "*" || trimmed.replace(/^W\//, "") === tag;
  });
  if (!unchanged) return reply;
  reply.headers.delete("Content-Type");
  return new Response(null, { status: 304, headers: reply.headers });
}
