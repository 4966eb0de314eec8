/**
 * Reads request bodies for functions: within the shared memory limit, and each large body in its own turn of the event loop.
 *
 * `@hono/node-server` alone buffers bodies without a limit and delivers all complete ones in the same turn.
 */
import type { IncomingMessage } from "node:http";
import { reportProgress } from "../exec/monitor";
import { threadScheduler } from "../exec/threadScheduler";
import type { BodyMemory, Reservation } from "./bodyMemory";
import { lateError } from "./bodyMemory";

/** Up to this size, a body needs no turn of its own: it takes less time to parse than the rest of its request. */
const SMALL_BYTES = 16 * 1024;
/** A body that waits longer for its turn is refused, because others wait behind it and its client may have given up. Milliseconds. */
const MAX_WAIT_MS = 5_000;

type Stream = ReadableStream<Uint8Array>;

/** `@hono/node-server` uses `rawBody`, if set, instead of reading the socket. */
type WithRawBody = IncomingMessage & { rawBody?: Buffer };

/** The methods that read a whole body and convert it. `json` calls `text`. */
const CONVERTING = ["text", "blob", "formData"] as const;
/** Functions see no body on requests with these methods. */
const BODILESS = ["GET", "HEAD", "OPTIONS"];

/** True if a request has a body that its function can read. */
export function hasBody({ headers, method = "" }: IncomingMessage): boolean {
  if (BODILESS.includes(method)) return false;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/**
 * Replaces the request's body methods by limited ones.
 *
 * @returns a function that frees the reserved memory. Call it when the request has been answered.
 */
export function limitBody(request: Request, incoming: WithRawBody, bodyMemory: BodyMemory): () => void {
  const body = new RequestBody(incoming, bodyMemory);
  const own = Reflect.getPrototypeOf(request) as Request;
  const bodyUsed = () => body.used || Reflect.get(own, "bodyUsed", request);
  const whole = async (): Promise<Buffer> => {
    if (bodyUsed()) throw new TypeError("Body is unusable");
    return body.whole();
  };
  const define = (name: string, property: PropertyDescriptor) =>
    Object.defineProperty(request, name, { configurable: true, ...property });

  define("bodyUsed", { get: bodyUsed });
  define("arrayBuffer", { value: async () => (await whole()).buffer });
  for (const name of CONVERTING) {
    const make = Reflect.get(own, name) as (this: Request) => Promise<unknown>;
    define(name, {
      value: async () => {
        incoming.rawBody = await whole();
        return make.call(request);
      },
    });
  }
  define("json", { value: async (): Promise<unknown> => JSON.parse(await request.text()) });
  let stream: Stream | undefined;
  define("body", {
    get: () => (stream ??= body.stream(() => Reflect.get(own, "body", request))),
  });
  return () => body.leave();
}

/** Waits for a turn of the event loop. @throws the error of `lateError` after a long wait. */
async function turn(): Promise<void> {
  const since = performance.now();
  await threadScheduler.waitToBegin();
  if (performance.now() - since > MAX_WAIT_MS) throw lateError();
}

class RequestBody {
  /** True once reading has begun. */
  used = false;
  #reservation: Reservation | null = null;
  #cut: ((reason: Error) => void) | null = null;
  #left = false;

  constructor(
    private readonly incoming: IncomingMessage,
    private readonly bodyMemory: BodyMemory,
  ) {}

  /** Reads the whole body into memory that nothing else references. */
  async whole(): Promise<Buffer<ArrayBuffer>> {
    this.used = true;
    const declared = this.#declared();
    const reservation = await this.#enter(declared);
    const bytes = await this.#gather(declared, reservation);
    reservation.complete();
    if (bytes.length > SMALL_BYTES) await turn();
    return bytes;
  }

  /** Streams the body. The source stream is requested with the first part. */
  stream(source: () => ReadableStream<Uint8Array> | null | undefined): ReadableStream<Uint8Array> {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    let reservation: Reservation | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.used = true;
          // A stream may be forwarded part by part, so reserve only for parts that have arrived.
          reservation ??= await this.#enter(null);
          reader ??= source()?.getReader();
          const part = await reader?.read();
          if (part === undefined || part.done) {
            reservation.complete();
            await turn();
            controller.close();
            return;
          }
          reportProgress();
          reservation.take(part.value.byteLength);
          controller.enqueue(part.value);
        },
        cancel: (reason) => reader?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  leave(): void {
    this.#left = true;
    this.#reservation?.leave();
  }

  async #enter(declared: number | null): Promise<Reservation> {
    const reservation = await this.bodyMemory.enter(declared, (reason) => this.#cut?.(reason));
    this.#reservation = reservation;
    // The request may have been answered during the wait.
    if (this.#left) reservation.leave();
    return reservation;
  }

  #declared(): number | null {
    const { headers } = this.incoming;
    return headers["transfer-encoding"] === undefined ? Number(headers["content-length"]) : null;
  }

  #gather(declared: number | null, reservation: Reservation): Promise<Buffer<ArrayBuffer>> {
    const { incoming } = this;
    return new Promise((resolve, reject) => {
      const parts = new Parts(declared);
      const done = (): void => {
        this.#cut = null;
        incoming.off("data", take).off("end", end).off("error", fail).off("close", closed);
      };
      const fail = (error: Error): void => {
        done();
        reject(error);
      };
      const end = (): void => {
        done();
        resolve(parts.all());
      };
      const take = (part: Buffer): void => {
        reportProgress();
        try {
          reservation.take(part.length);
        } catch (error) {
          // Reading stops here; the connection closes after the response.
          incoming.pause();
          fail(error as Error);
          return;
        }
        parts.add(part);
      };
      const closed = (): void => {
        // The client has disconnected, but the whole body may have arrived.
        const rest = incoming.complete ? (incoming.read() as Buffer | null) : null;
        if (rest !== null) parts.add(rest);
        if (incoming.complete && (declared === null || parts.length === declared)) end();
        else fail(incoming.errored ?? new Error("Client connection prematurely closed."));
      };
      this.#cut = (reason) => {
        incoming.pause();
        fail(reason);
      };
      incoming.on("data", take).on("end", end).on("error", fail).on("close", closed);
      if (incoming.destroyed) closed();
    });
  }
}

/** Collects the parts of a body. If the length is known, it fills one buffer, so a large body is in memory only once. */
class Parts {
  length = 0;
  #whole: Buffer<ArrayBuffer> | null = null;
  readonly #parts: Buffer[] = [];

  constructor(private readonly declared: number | null) {}

  add(part: Buffer): void {
    if (this.declared === null) this.#parts.push(part);
    // Not from Node's pool, whose memory is shared with other buffers.
    else part.copy((this.#whole ??= Buffer.from(new ArrayBuffer(this.declared))), this.length);
    this.length += part.length;
  }

  all(): Buffer<ArrayBuffer> {
    if (this.#whole !== null) return this.#whole;
    const whole = Buffer.from(new ArrayBuffer(this.length));
    let at = 0;
    for (const part of this.#parts) at += part.copy(whole, at);
    return whole;
  }
}
