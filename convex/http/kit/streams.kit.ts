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
import type { ApiContext } from "./env.kit";
import type { Call, HeadersOf, Reply, ReplyAt } from "./implement.kit";
import { failureOf } from "./product.kit";
import type { EventsReply, NdjsonReply } from "./replies.kit";
import { Puller } from "./puller.kit";

/** The maximum size of a stream in bytes: Convex's limit of 20 MiB, minus an allowance for the last line. */
const MAX_BYTES = 20 * 1024 * 1024 - 64 * 1024;
/** The time limit of events: below the 30 minutes that Convex gives an action. */
const EVENTS_END_AFTER_MS = 5 * 60 * 1000;
/** Proxies usually close a connection that is idle for 30 to 60 seconds. */
const HEARTBEAT_MS = 15_000;
/** The time in which the first event may still fail as a problem. Then a heartbeat begins the reply. */
const FIRST_EVENT_MS = 1000;

/** The argument of a stream's source. */
export type StreamInfo = {
  /** Aborts when the client leaves, and when the stream ends. */
  readonly signal: AbortSignal;
  /** The `Last-Event-ID` of a client that reconnects: the `id` of the last event that it received. The client may send any text. */
  readonly lastEventId?: string;
};

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

type Plan<T> = {
  type: string;
  source: (stream: StreamInfo) => AsyncIterable<T>;
  encode: (value: T) => string;
  /** Encodes the problem of a stream that fails after its first byte. */
  failed: (problem: string) => string;
  /** Encodes the end of a stream at a limit. May throw if there is none. */
  atLimit: (sent: T | undefined) => string;
  limits: { maxBytes: number; endAfterMs: number | undefined };
  heartbeatMs?: number;
  headers: Record<string, string> | undefined;
};

async function stream<C extends AnyContract, T>(call: Call<C>, plan: Plan<T>): Promise<Reply<C>> {
  // At run time, `Call` is Hono's context.
  const c = call as unknown as ApiContext;
  const headers = { ...plan.headers, "Content-Type": plan.type, "X-Accel-Buffering": "no" };
  const reply =
    c.req.method === "HEAD" ? c.body(null, 200, headers) : c.body(await bodyOf(c, plan), 200, headers);
  return reply as unknown as Reply<C>;
}

/** Starts the source, and returns the stream of its bytes once the first ones are known. @throws the source's first error. */
async function bodyOf<T>(c: ApiContext, plan: Plan<T>): Promise<ReadableStream<Uint8Array>> {
  const client = new AbortController();
  const lastEventId = c.req.header("Last-Event-ID");
  const info = { signal: client.signal, ...(lastEventId !== undefined && { lastEventId }) };
  const puller = new Puller(plan.source(info), plan.limits.endAfterMs);
  const parts = partsOf(c, plan, puller);
  const stop = async () => {
    client.abort();
    puller.stop();
    await parts.return(undefined);
  };
  const left = c.req.raw.signal;
  const onLeft = () => void stop();
  left.addEventListener("abort", onLeft, { once: true });
  const end = () => {
    left.removeEventListener("abort", onLeft);
    client.abort();
  };

  let first: IteratorResult<Bytes, undefined> | undefined = await parts.next().catch((error: unknown) => {
    end();
    throw error;
  });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = first ?? (await parts.next());
        first = undefined;
        if (part.done !== true) {
          controller.enqueue(part.value);
          return;
        }
        end();
        controller.close();
      },
      cancel: async () => {
        end();
        await stop();
      },
    },
    // Without read-ahead: the source is asked only when the client takes more.
    { highWaterMark: 0 },
  );
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Yields the bytes of a stream in parts. Throws an error only before the first part. */
async function* partsOf<T>(
  c: ApiContext,
  plan: Plan<T>,
  puller: Puller<T>,
): AsyncGenerator<Bytes, undefined> {
  const { maxBytes } = plan.limits;
  let size = 0;
  let begun = false;
  let sent: T | undefined;
  let idleMs = plan.heartbeatMs && Math.min(plan.heartbeatMs, FIRST_EVENT_MS);
  try {
    for (;;) {
      const next = await puller.next(idleMs);
      idleMs = plan.heartbeatMs;
      if (next.kind === "end" || next.kind === "stopped") return undefined;
      const bytes = utf8(next.kind === "value" ? plan.encode(next.value) : HEARTBEAT);
      size += bytes.byteLength;
      if (next.kind === "timeOver" || size > maxBytes) {
        const last = plan.atLimit(sent);
        if (last !== "") yield utf8(last);
        return undefined;
      }
      if (next.kind === "value") sent = next.value;
      begun = true;
      yield bytes;
    }
  } catch (error) {
    if (!begun) throw error;
    logFailure(c, error);
    yield utf8(plan.failed(await (await c.var.renderProblem(error)).text()));
    return undefined;
  } finally {
    await puller.close().catch((error: unknown) => logFailure(c, error));
  }
}

/** A comment, which clients ignore. Only events have heartbeats. */
const HEARTBEAT = ": heartbeat\n\n";

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** Logs the cause of a stream's failure. The line of the request itself was written when its first byte was sent. */
function logFailure(c: ApiContext, error: unknown): void {
  const failure = failureOf(error);
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(
    JSON.stringify({
      level: "error",
      event: "stream_failed",
      requestId: c.var.requestId,
      code: failure?.code ?? "internal",
      cause: failure?.detail ?? cause,
    }),
  );
}
