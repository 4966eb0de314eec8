import type * as z from "zod/mini";
import type { Schema } from "./contract.kit";
import type {
  BinaryReply,
  EmptyReply,
  EventsReply,
  HeaderSpecs,
  JsonReply,
  MediaType,
  NdjsonReply,
  NoHeaders,
  TextReply,
} from "./replies.kit";
import { NONE } from "./replies.kit";

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
