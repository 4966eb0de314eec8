/**
 * How a function reads the body of its request: within the room for all bodies, each whole body in its turn.
 *
 * `@hono/node-server` gathers bodies without a bound, and hands all that are complete to their functions at once.
 */
import type { IncomingMessage } from "node:http";
import { reportProgress } from "../exec/monitor";
import { threadScheduler } from "../exec/threadScheduler";
import type { BodyMemory, Reservation } from "./bodyMemory";
import { overloadError } from "./bodyMemory";

/** A body that has waited longer for its turn is refused: others wait behind it, and its client may have given up. Milliseconds. */
const MOST_WAIT_MS = 5_000;

type Stream = ReadableStream<Uint8Array>;

/** `@hono/node-server` takes a body that stands here for the one that would come from the socket. */
type WithRawBody = IncomingMessage & { rawBody?: Buffer };

/** The methods that read all of a body and make something of it. `json` calls `text`. */
const MAKING = ["text", "blob", "formData"] as const;
/** As functions see them, these have no body, whatever is sent. */
const WITHOUT_BODY = ["GET", "HEAD", "OPTIONS"];

/** Whether a request comes with a body that its function can read. */
export function hasBody({ headers, method = "" }: IncomingMessage): boolean {
  if (WITHOUT_BODY.includes(method)) return false;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/**
 * Makes the request's methods read its body so.
 *
 * @returns a function to be called when the request is answered, which gives the room back.
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
  for (const name of MAKING) {
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

/** @throws what `overloadError` makes after a long wait. */
async function turn(): Promise<void> {
  const since = performance.now();
  await threadScheduler.waitToBegin();
  if (performance.now() - since > MOST_WAIT_MS) throw overloadError();
}

class RequestBody {
  /** Something reads the body, or has read it. */
  used = false;
  #reservation: Reservation | null = null;
  #cut: ((reason: Error) => void) | null = null;
  #left = false;

  constructor(
    private readonly incoming: IncomingMessage,
    private readonly bodyMemory: BodyMemory,
  ) {}

  /** All of the body, in memory that nobody else holds. */
  async whole(): Promise<Buffer<ArrayBuffer>> {
    this.used = true;
    const declared = this.#declared();
    const reservation = await this.#enter(declared);
    const bytes = await this.#gather(declared, reservation);
    reservation.complete();
    await turn();
    return bytes;
  }

  /** The body in parts, from a stream that is asked for when the first part is. */
  stream(source: () => ReadableStream<Uint8Array> | null | undefined): ReadableStream<Uint8Array> {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    let reservation: Reservation | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.used = true;
          // A stream may be passed on as it comes, so no room is kept for what has not come.
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
          // Nobody reads on; the connection ends with the answer.
          incoming.pause();
          fail(error as Error);
          return;
        }
        parts.add(part);
      };
      const closed = (): void => {
        // The client is gone, but all of the body may be there.
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

/** Gathers parts: in one piece of memory where the length is known, so that large bodies are there once only. */
class Parts {
  length = 0;
  #whole: Buffer<ArrayBuffer> | null = null;
  readonly #parts: Buffer[] = [];

  constructor(private readonly declared: number | null) {}

  add(part: Buffer): void {
    if (this.declared === null) this.#parts.push(part);
    // Not from Node's pool, whose memory others share.
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
