/** The bytes of a stream as a reply: begins, continues and ends it as `streams.kit.ts` promises. */
import type { AnyContract } from "./contract.kit";
import type { ApiContext } from "./env.kit";
import type { Call, Reply } from "./implement.kit";
import { failureOf } from "./product.kit";
import { Puller } from "./puller.kit";

/** The time in which the first event may still fail as a problem. Then a heartbeat begins the reply. */
const FIRST_EVENT_MS = 1000;

/** The argument of a stream's source. */
export type StreamInfo = {
  /** Aborts when the client leaves, and when the stream ends. */
  readonly signal: AbortSignal;
  /** The `Last-Event-ID` of a client that reconnects: the `id` of the last event that it received. The client may send any text. */
  readonly lastEventId?: string;
};

/** A stream: what it sends, and when it ends. */
export type Plan<T> = {
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

/** Answers with a stream. */
export async function stream<C extends AnyContract, T>(call: Call<C>, plan: Plan<T>): Promise<Reply<C>> {
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
    yield utf8(plan.failed(await (await c.get("renderProblem")(error)).text()));
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
      requestId: c.get("requestId"),
      code: failure?.code ?? "internal",
      cause: failure?.detail ?? cause,
    }),
  );
}
