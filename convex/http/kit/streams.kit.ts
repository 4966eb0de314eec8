/**
 * Streams as replies: lines of JSON (`ndjson`) and Server-Sent Events (`events`). Only the resources that stream import this file, so
 * other requests do not load it.
 *
 * Both take a function that returns an async iterable, and send one value at a time:
 *
 * - The next value is requested only when the client has taken the last one, so a slow client does not make memory grow. Convex reads
 *   ahead of the client, but a stream ends before Convex's limit of 20 MiB.
 * - When the client leaves, `signal` aborts and the iterator's `return` is called, so `finally` in a generator runs.
 * - An error before the first byte is a problem with its own status. After the first byte the status is already sent: the stream ends with
 *   the problem as its last line (`{"problem": …}`) or event (`event: problem`), and the log gets the cause with the request id. A
 *   broken connection would not tell a client on Convex anything, because Convex ends such a reply as if it were complete.
 * - The deadline of a request ends with the first byte. `endAfterMs` limits the stream itself.
 *
 * HEAD is answered with the headers alone, and the function is not called.
 */
import type * as z from "zod/mini";
import type { AnyContract } from "./contract.kit";
import { stream, type StreamInfo } from "./byteStream.kit";
import type { HeadersOf, ReplyAt } from "./declared.kit";
import type { Call, Reply } from "./implement.kit";
import type { EventsReply, NdjsonReply } from "./replies.kit";

/** The maximum size of a stream in bytes: Convex's limit of 20 MiB, minus an allowance for the last line. */
const MAX_BYTES = 20 * 1024 * 1024 - 64 * 1024;
/** The time limit of events: below the 30 minutes that Convex gives an action. */
const EVENTS_END_AFTER_MS = 5 * 60 * 1000;
/** Proxies usually close a connection that is idle for 30 to 60 seconds. */
const HEARTBEAT_MS = 15_000;

type Limits = {
  /** Milliseconds after which the stream ends. Default: 5 minutes for events, none for lines. */
  endAfterMs?: number;
  /** The maximum size of the stream in bytes. Default: 20 MiB less 64 KiB. */
  maxBytes?: number;
};

/** `headers`, if the contract declares headers for the stream. */
type WithHeaders<H> = Partial<H> extends H ? { headers?: H } : { headers: H };

type LineReply<C extends AnyContract> = ReplyAt<C, 200, "ndjson">;
type LineOf<C extends AnyContract> = LineReply<C> extends NdjsonReply<infer Line> ? z.output<Line> : never;
/** The last line that the contract declares for a stream that ends at a limit; never if it declares none. */
type LastOf<C extends AnyContract> =
  LineReply<C> extends { last: infer Last }
    ? [Last] extends [z.ZodMiniType]
      ? z.output<Last>
      : never
    : never;

export type Lines<C extends AnyContract> = Limits & {
  /** Returns the lines. Each one is sent as a line of JSON. */
  lines: (stream: StreamInfo) => AsyncIterable<LineOf<C>>;
} & ([LastOf<C>] extends [never]
    ? unknown
    : {
        /** Returns the last line of a stream that ends at a limit, from the last line that was sent, if any. */
        last: (sent: LineOf<C> | undefined) => LastOf<C>;
      }) &
  WithHeaders<HeadersOf<C, 200, "ndjson">>;

/**
 * Answers with lines of JSON (NDJSON). At a limit of time or size, a stream whose contract declares `last` ends with that line. Without
 * it, the stream ends with a problem, because a client could not see that lines are missing.
 *
 * @example
 * return ndjson(c, {
 *   lines: async function* () {
 *     for (let page = await first(); page; page = await page.next()) yield* page.items.map(toItem);
 *   },
 *   endAfterMs: 20_000,
 *   last: (item) => ({ next: `/api/items/export?after=${item?.id ?? ""}` }),
 * });
 */
export function ndjson<C extends AnyContract>(c: Call<C>, plan: Lines<C>): Promise<Reply<C>> {
  // The types above describe the plan by its contract. Here only the forms of its parts matter.
  const { lines, last, headers, endAfterMs, maxBytes } = plan as Limits & {
    lines: (stream: StreamInfo) => AsyncIterable<unknown>;
    last?: (sent: unknown) => unknown;
    headers?: Record<string, string>;
  };
  return stream(c, {
    type: "application/x-ndjson",
    source: lines,
    encode: line,
    failed: (text) => `{"problem":${text}}\n`,
    atLimit: (sent) => {
      if (!last) throw new Error("The stream reached a limit, and its contract declares no last line");
      return line(last(sent));
    },
    limits: { maxBytes: Math.min(maxBytes ?? MAX_BYTES, MAX_BYTES), endAfterMs },
    headers,
  });
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

type EventTypes<C extends AnyContract> =
  ReplyAt<C, 200, "events"> extends EventsReply<infer Types> ? Types : never;

/** An event of the contract. The name `message` may be left out. `id` is what the client sends as `Last-Event-ID`. */
export type EventOf<C extends AnyContract> = {
  [Name in keyof EventTypes<C>]: {
    id?: string;
    data: z.output<EventTypes<C>[Name]>;
  } & (Name extends "message" ? { event?: Name } : { event: Name });
}[keyof EventTypes<C>];

export type Events<C extends AnyContract> = Limits & {
  /** Returns the events. `lastEventId` says where a client that reconnects has stopped. */
  events: (stream: StreamInfo) => AsyncIterable<EventOf<C>>;
  /** Milliseconds without an event after which a comment keeps the connection open. Default: 15,000. */
  heartbeatMs?: number;
} & WithHeaders<HeadersOf<C, 200, "events">>;

/**
 * Answers with Server-Sent Events. A browser's `EventSource` reconnects when the stream ends, also at its limit of time or size, and
 * sends the `id` of the last event.
 *
 * @example
 * return events(c, {
 *   events: async function* ({ lastEventId = "0", signal }) {
 *     for (let at = Number(lastEventId); !signal.aborted; await pause(1000)) {
 *       for (const price of await c.env.runQuery(internal.prices.after, { at })) {
 *         yield { event: "price", id: String((at = price.number)), data: toPrice(price) };
 *       }
 *     }
 *   },
 * });
 */
export function events<C extends AnyContract>(c: Call<C>, plan: Events<C>): Promise<Reply<C>> {
  const {
    heartbeatMs = HEARTBEAT_MS,
    headers,
    endAfterMs,
    maxBytes,
    ...rest
  } = plan as Limits & {
    events: (stream: StreamInfo) => AsyncIterable<Event>;
    heartbeatMs?: number;
    headers?: Record<string, string>;
  };
  return stream(c, {
    type: "text/event-stream",
    source: rest.events,
    encode: eventText,
    failed: (text) => `event: problem\ndata: ${text}\n\n`,
    atLimit: () => "",
    limits: {
      maxBytes: Math.min(maxBytes ?? MAX_BYTES, MAX_BYTES),
      endAfterMs: endAfterMs ?? EVENTS_END_AFTER_MS,
    },
    heartbeatMs,
    headers,
  });
}

type Event = { event?: string; id?: string; data: unknown };

function eventText({ event = "message", id, data }: Event): string {
  for (const text of [event, id ?? ""]) {
    if (/[\r\n\0]/.test(text)) throw new Error("The name or id of an event contains a line break");
  }
  const name = event === "message" ? "" : `event: ${event}\n`;
  return `${name}${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
