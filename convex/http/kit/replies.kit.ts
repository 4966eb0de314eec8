/**
 * The replies that a contract declares. A plain schema means JSON, and null means no body. `makeReply.kit.ts` makes the others: text and
 * bytes of a media type, streams, and replies with headers of their own.
 *
 * Replies are a part of `docsOnly`, so requests do not load this file: the compiler and the OpenAPI document use it.
 */
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

export type MediaType = `${string}/${string}`;

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

export type NoHeaders = Record<string, never>;
export const NONE: NoHeaders = {};
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
