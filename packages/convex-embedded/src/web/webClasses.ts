/**
 * The classes `Request`, `Response` and `Headers` that functions use.
 *
 * Node's own classes make a stream and a `Headers` object for each message, which costs more than most functions. The classes of
 * `@hono/node-server` keep the text and the header record as they are and hand them to the socket:
 *
 * ```ts
 * new Response("hello", { headers: { "x-one": "1" } }); // no stream, no `Headers`: the socket writes both as they stand
 * ```
 *
 * They skip some checks of the Fetch standard, so a mistake would show on the socket, after the function has returned.
 * `FunctionResponse` adds these checks to the constructor, where the function can catch the error, and cuts the body to the 20
 * MiB that Convex sends. `instanceof` takes Node's own objects for instances, too, since `fetch` returns those.
 *
 * The package installs its classes as the global ones and exports them in no other way. `lightClasses` lets it do that once,
 * keeps the classes, and restores Node's. It runs when this file is imported.
 */
import { getRequestListener } from "@hono/node-server";
import { LightHeaders } from "./lightHeaders";

const NULL_BODY = new Set([204, 205, 304]);
const BAD_HEADER_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const JSON_TYPE = { "content-type": "application/json" };
const BAD_HEADER_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Convex sends no more of a response. */
const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;
const UTF8_BYTES = 3;

const light = lightClasses();

class FunctionResponse extends light.Response {
  readonly #streamed: boolean;

  /** @throws RangeError, TypeError as the standard has it, so that a mistake shows in the function that made it. */
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    const status = init?.status;
    if (status !== undefined && !(status >= 200 && status <= 599)) {
      throw new RangeError(`The status provided (${status}) is outside the range [200, 599]`);
    }
    if (status !== undefined && body != null && NULL_BODY.has(status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${status} with body`);
    }
    checkHeaders(init?.headers);
    super(...cutToSize(body, init));
    this.#streamed = body instanceof ReadableStream;
  }

  static override json(data: unknown, init?: ResponseInit): Response {
    // `Headers` cost more than the rest of it, and most responses name none.
    if (init?.headers === undefined) {
      return new FunctionResponse(JSON.stringify(data), { ...init, headers: JSON_TYPE });
    }
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new FunctionResponse(JSON.stringify(data), { ...init, headers });
  }

  /** True for a response whose body was cut to size when it was made. */
  static fits(response: Response): boolean {
    return #streamed in response && !response.#streamed;
  }

  // Whatever made it, `fetch` included, is a response to `instanceof`.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof light.NativeResponse;
  }
}

// Convex has no `bytes()` on either. Newer versions of Node do.
for (const { prototype } of [light.Request, light.Response]) {
  Object.defineProperty(prototype, "bytes", { value: undefined });
}

/** `Headers` checks what it is given; a plain object would only fail on the socket, too late to be answered well. */
function checkHeaders(headers: HeadersInit | undefined): void {
  if (headers === undefined || headers instanceof Headers || Array.isArray(headers)) return;
  for (const name in headers) {
    const value: unknown = headers[name];
    if (BAD_HEADER_NAME.test(name) || BAD_HEADER_VALUE.test(String(value)))
      new Headers([[name, String(value)]]);
  }
}

/** The body as far as Convex would send it. What is dropped no longer counts in a length that the function gave. */
function cutToSize(
  body: BodyInit | null | undefined,
  init: ResponseInit | undefined,
): [BodyInit | null | undefined, ResponseInit | undefined] {
  if (typeof body === "string") {
    if (body.length * UTF8_BYTES <= MAX_RESPONSE_BYTES) return [body, init];
    const bytes = Buffer.from(body);
    if (bytes.length <= MAX_RESPONSE_BYTES) return [body, init];
    return [bytes.subarray(0, MAX_RESPONSE_BYTES), cutInit(init, "text/plain;charset=UTF-8")];
  }
  if (body instanceof Blob && body.size > MAX_RESPONSE_BYTES) {
    return [body.slice(0, MAX_RESPONSE_BYTES, body.type), cutInit(init)];
  }
  if (body instanceof ArrayBuffer && body.byteLength > MAX_RESPONSE_BYTES) {
    return [new Uint8Array(body, 0, MAX_RESPONSE_BYTES), cutInit(init)];
  }
  if (ArrayBuffer.isView(body) && body.byteLength > MAX_RESPONSE_BYTES) {
    return [new Uint8Array(body.buffer, body.byteOffset, MAX_RESPONSE_BYTES), cutInit(init)];
  }
  return [body, init];
}

function cutInit(init: ResponseInit | undefined, type?: string): ResponseInit {
  const headers = new Headers(init?.headers);
  headers.delete("content-length");
  if (type !== undefined && !headers.has("content-type")) headers.set("content-type", type);
  const { status, statusText } = init ?? {};
  return {
    headers,
    ...(status !== undefined && { status }),
    ...(statusText !== undefined && { statusText }),
  };
}

/** The response with no more of a streamed body than Convex sends. The rest is dropped, the status stays. */
export function limitResponseBytes(response: Response): Response {
  if (FunctionResponse.fits(response) || response.body === null) return response;
  const { status, statusText, headers } = response;
  const declared = Number(headers.get("content-length") ?? 0);
  const init = { status, statusText, headers };
  return new light.NativeResponse(
    firstBytes(response.body, MAX_RESPONSE_BYTES),
    declared > MAX_RESPONSE_BYTES ? cutInit(init) : init,
  );
}

function firstBytes(body: ReadableStream<Uint8Array>, count: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = count;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await nextChunk(reader);
      if (done) {
        controller.close();
        return;
      }
      controller.enqueue(value.length > left ? value.subarray(0, left) : value);
      left -= value.length;
      if (left > 0) return;
      controller.close();
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Who pulls waits for bytes: an empty chunk would leave it waiting. */
async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  for (;;) {
    const chunk = await reader.read();
    if (chunk.done) return chunk;
    if (!(chunk.value instanceof Uint8Array)) {
      throw new TypeError("A body's stream must consist of Uint8Arrays");
    }
    if (chunk.value.length > 0) return chunk;
  }
}

/** The classes by the names that functions use. */
export const webGlobals = { Request: light.Request, Response: FunctionResponse, Headers: LightHeaders };

/** A request without body that is otherwise the same. */
export function withoutBody(request: Request): Request {
  return new light.Request(request.url, { method: request.method, headers: request.headers });
}

/**
 * The package gives its classes out by putting them in the place of the global ones. Here they only go to the
 * functions, so the global ones return at once.
 */
function lightClasses(): {
  Request: typeof Request;
  Response: typeof Response;
  NativeResponse: typeof Response;
} {
  const native = { Request: globalThis.Request, Response: globalThis.Response };
  getRequestListener(() => new native.Response(), { overrideGlobalObjects: true });
  const { Request, Response } = globalThis;
  Object.defineProperty(globalThis, "Request", { value: native.Request });
  Object.defineProperty(globalThis, "Response", { value: native.Response });
  return { Request, Response, NativeResponse: native.Response };
}
