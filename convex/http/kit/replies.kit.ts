/**
 * The replies that a contract declares. A plain schema means JSON, and null means no body. `reply` makes the others: text and bytes of
 * a media type, streams, and replies with headers of their own.
 *
 * Replies are a part of `docsOnly`, so requests do not load this file: the compiler and the OpenAPI document use it.
 */
import type * as z from "zod/mini";
import type { Schema } from "./contract.kit";

/**
 * The statuses that a contract may declare: the successes and redirects of RFC 9110, 207 of RFC 4918, and 503 for a readiness
 * check. Left out are 305 and 306, which RFC 9110 deprecates. The problems that a route can answer follow from its scope, params,
 * query and body.
 */
export type Status =
  200 | 201 | 202 | 203 | 204 | 205 | 206 | 207 | 300 | 301 | 302 | 303 | 304 | 307 | 308 | 503;

/** The statuses whose replies cannot have a body. */
export type EmptyStatus = 204 | 205 | 304;
/** The statuses that send the client to another URL, in `Location`. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/**
 * A header of a reply. Its schema is a text or a number; an optional schema makes the header optional. `description` and `example`
 * are for the document. Headers that `openapi/headers.ts` knows, such as `Content-Disposition`, need neither.
 */
export type HeaderSpec = Schema | { schema: Schema; description: string; example: string | number };
export type HeaderSpecs = Readonly<Record<string, HeaderSpec>>;

type MediaType = `${string}/${string}`;

/** JSON that the handler passes to `c.json`. */
export type JsonReply<S extends Schema = Schema, H extends HeaderSpecs = HeaderSpecs> = {
  kind: "json";
  schema: S;
  headers: H;
};
/** Text that the handler passes to `c.body`, or to `c.text` for `text/plain`. */
export type TextReply<
  M extends MediaType = MediaType,
  S extends Schema = Schema,
  H extends HeaderSpecs = HeaderSpecs,
> = {
  kind: "text";
  media: M;
  schema: S;
  headers: H;
};
/** Bytes that the handler passes to `c.body`. `application/octet-stream` means bytes of any type. */
export type BinaryReply<M extends MediaType = MediaType, H extends HeaderSpecs = HeaderSpecs> = {
  kind: "binary";
  media: M;
  headers: H;
};
/** No body: `c.body(null, status)`. */
export type EmptyReply<H extends HeaderSpecs = HeaderSpecs> = { kind: "empty"; headers: H };
/** Lines of JSON, one value each (NDJSON), which `ndjson` of `streams.kit.ts` sends. */
export type NdjsonReply<
  Line extends Schema = Schema,
  Last extends Schema | undefined = Schema | undefined,
  H extends HeaderSpecs = HeaderSpecs,
> = {
  kind: "ndjson";
  line: Line;
  last: Last;
  headers: H;
};
/** Server-Sent Events, which `events` of `streams.kit.ts` sends: the schema of `data` by the name of the event. */
export type EventsReply<
  E extends Readonly<Record<string, Schema>> = Readonly<Record<string, Schema>>,
  H extends HeaderSpecs = HeaderSpecs,
> = { kind: "events"; events: E; headers: H };

/** A reply that `reply` makes. */
export type MadeReply = JsonReply | TextReply | BinaryReply | EmptyReply | NdjsonReply | EventsReply;
/** A reply in a contract. */
export type DeclaredReply = Schema | null | MadeReply;
/** The replies of a contract by status. A list has the alternatives of one status, such as JSON and a page for browsers. */
export type Replies = { [S in Status]?: DeclaredReply | readonly DeclaredReply[] };

/** Any declared reply as one that `reply` makes. Distributes over the alternatives of a list. */
export type Normalized<R> = R extends readonly (infer One)[] ? NormalizedOne<One> : NormalizedOne<R>;
type NormalizedOne<R> = R extends null
  ? EmptyReply<NoHeaders>
  : R extends { kind: MadeReply["kind"] }
    ? R
    : R extends Schema
      ? JsonReply<R, NoHeaders>
      : never;

type NoHeaders = Record<string, never>;
const NONE: NoHeaders = {};
type Own<H extends HeaderSpecs> = { headers?: H };

/**
 * Makes the replies that are neither plain JSON nor empty. `docsOnly` passes it to its argument.
 *
 * @example
 * docs: docsOnly(({ reply, whole, z }) => ({
 *   // …
 *   replies: {
 *     200: reply.text("text/csv", {
 *       headers: {
 *         "Content-Disposition": z.string(),
 *         "X-Rows": { schema: whole(), description: "The number of rows.", example: 12 },
 *       },
 *     }),
 *   },
 * }));
 * // In the handler, the compiler checks the body and each header:
 * c.body(csv, 200, { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": "attachment", "X-Rows": "12" });
 */
export const makeReply = (anyText: Schema) => ({
  /** JSON with headers of its own. Without headers, write the schema alone. */
  json: <S extends Schema, const H extends HeaderSpecs = NoHeaders>(
    schema: S,
    { headers }: Own<H> = {},
  ): JsonReply<S, H> => ({ kind: "json", schema, headers: headers ?? (NONE as H) }),

  /**
   * Text of a media type, such as `text/calendar`. With a schema, the text has this form: a string schema describes the text, and the
   * schema of another value describes JSON that the handler has already written.
   *
   * @example 200: reply.text("text/calendar")
   * c.body(calendar, 200, { "Content-Type": "text/calendar; charset=utf-8" });
   */
  text: <
    const M extends MediaType,
    S extends Schema = z.ZodMiniString,
    const H extends HeaderSpecs = NoHeaders,
  >(
    media: M,
    { schema, headers }: Own<H> & { schema?: S } = {},
  ): TextReply<M, S, H> => ({
    kind: "text",
    media,
    schema: schema ?? (anyText as S),
    headers: headers ?? (NONE as H),
  }),

  /**
   * Bytes: an `ArrayBuffer`, a `Uint8Array`, a `Blob` or a stream of bytes. Without a media type, they may have any.
   *
   * @example 200: reply.binary("image/png")
   * c.body(picture, 200, { "Content-Type": "image/png" });
   */
  binary: <const M extends MediaType = "application/octet-stream", const H extends HeaderSpecs = NoHeaders>(
    media?: M,
    { headers }: Own<H> = {},
  ): BinaryReply<M, H> => ({
    kind: "binary",
    media: media ?? ("application/octet-stream" as M),
    headers: headers ?? (NONE as H),
  }),

  /**
   * No body, with headers of its own.
   *
   * @example 303: reply.empty({ headers: { "Retry-After": whole() } })
   * c.body(null, 303, { Location: "/api/jobs/1", "Retry-After": "5" });
   */
  empty: <const H extends HeaderSpecs>({ headers }: { headers: H }): EmptyReply<H> => ({
    kind: "empty",
    headers,
  }),

  /**
   * A stream of JSON values, one a line (`application/x-ndjson`). `last` is the schema of a last line that says how to go on, for a
   * stream that ends at a limit.
   *
   * @example 200: reply.ndjson(Item(), { last: z.object({ next: z.string() }) })
   */
  ndjson: <
    Line extends Schema,
    Last extends Schema | undefined = undefined,
    const H extends HeaderSpecs = NoHeaders,
  >(
    line: Line,
    { last, headers }: Own<H> & { last?: Last } = {},
  ): NdjsonReply<Line, Last, H> => ({
    kind: "ndjson",
    line,
    last: last as Last,
    headers: headers ?? (NONE as H),
  }),

  /**
   * A stream of Server-Sent Events (`text/event-stream`): the schema of `data`, which is sent as JSON, by the name of the event.
   * Browsers dispatch the name `message` to `onmessage`.
   *
   * @example 200: reply.events({ price: Price(), closed: z.object({ at: time() }) })
   */
  events: <const E extends Readonly<Record<string, Schema>>, const H extends HeaderSpecs = NoHeaders>(
    events: E,
    { headers }: Own<H> = {},
  ): EventsReply<E, H> => ({ kind: "events", events, headers: headers ?? (NONE as H) }),
});

const isMade = (reply: Exclude<DeclaredReply, null>): reply is MadeReply => "kind" in reply;
const isList = (replies: DeclaredReply | readonly DeclaredReply[]): replies is readonly DeclaredReply[] =>
  Array.isArray(replies);

/** Returns the alternatives of a status, each as `reply` makes it. */
export function alternatives(replies: DeclaredReply | readonly DeclaredReply[]): MadeReply[] {
  return (isList(replies) ? replies : [replies]).map((reply) => {
    if (reply === null) return { kind: "empty", headers: NONE };
    return isMade(reply) ? reply : { kind: "json", schema: reply, headers: NONE };
  });
}

/** Returns each declared status with its alternatives. */
export function declaredReplies(replies: Replies): [Status, MadeReply[]][] {
  // `Object.keys` returns strings, but the type of `replies` allows only statuses as keys.
  return (Object.keys(replies).map(Number) as Status[]).map((status) => [
    status,
    alternatives(replies[status] ?? null),
  ]);
}

/** Returns the schema of a reply's example; undefined for a reply without a body, and for events, whose data differ by name. */
export function exampleSchema(reply: MadeReply): Schema | undefined {
  switch (reply.kind) {
    case "json":
    case "text":
      return reply.schema;
    case "ndjson":
      return reply.line;
    case "binary":
    case "events":
    case "empty":
      return undefined;
  }
}
