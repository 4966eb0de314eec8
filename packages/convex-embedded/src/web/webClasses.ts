/**
 * The classes `Request`, `Response` and `Headers` that functions use.
 *
 * Node's own classes create a stream and a `Headers` object for each message, which costs more than most functions. The classes of
 * `@hono/node-server` keep the text and the header record and pass them to the socket unchanged:
 *
 * ```ts
 * new Response("hello", { headers: { "x-one": "1" } }); // no stream, no `Headers`: the socket writes both directly
 * ```
 *
 * They skip some checks of the Fetch standard, so an error would appear on the socket, after the function has returned.
 * `FunctionResponse` performs these checks in the constructor, where the function can catch the error, and truncates the body to
 * Convex's limit of 20 MiB. `instanceof` also accepts Node's own objects, since `fetch` returns those.
 *
 * The package installs its classes as globals and does not export them. When this file is imported, `lightClasses` lets the package
 * do that once, keeps the classes, and restores Node's globals.
 */
import { getRequestListener } from "@hono/node-server";
import { LightHeaders } from "./lightHeaders";

const NULL_BODY = new Set([204, 205, 304]);
const BAD_HEADER_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const JSON_TYPE = { "content-type": "application/json" };
const BAD_HEADER_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** The maximum size of a response on Convex. */
const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;
const UTF8_BYTES = 3;

const light = lightClasses();

class FunctionResponse extends light.Response {
  /** The minimum number of bytes; undefined for a stream. */
  readonly #size: number | undefined;

  /** @throws RangeError, TypeError as the Fetch standard requires, so that the function itself can catch the error. */
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    const status = statusOf(init?.status);
    // Convex accepts a body that the status does not permit, and does not send it.
    const sent = status !== undefined && NULL_BODY.has(status) ? null : body;
    checkHeaders(init?.headers);
    super(
      ...truncate(
        sent,
        status === init?.status ? init : { ...init, ...(status !== undefined && { status }) },
      ),
    );
    this.#size = minimumSize(sent);
  }

  static override json(data: unknown, init?: ResponseInit): Response {
    const body = jsonOf(data);
    // Fast path without `Headers`, which would cost more than the rest. Most responses do not set headers.
    if (init?.headers === undefined) return new FunctionResponse(body, { ...init, headers: JSON_TYPE });
    const headers = new Headers(init.headers);
    // Convex replaces a content type of the function, too.
    headers.set("content-type", "application/json");
    return new FunctionResponse(body, { ...init, headers });
  }

  /** True for a response whose body the constructor has already truncated. */
  static fits(response: Response): boolean {
    return FunctionResponse.sizeOf(response) !== undefined;
  }

  static sizeOf(response: Response): number | undefined {
    return #size in response ? response.#size : undefined;
  }

  // Node's own responses, such as those of `fetch`, are instances too.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof light.NativeResponse;
  }
}

// Newer versions of Node have `bytes()` on both classes. Convex does not.
for (const { prototype } of [light.Request, light.Response]) {
  Object.defineProperty(prototype, "bytes", { value: undefined });
}

/** Returns the status as a number. As on Convex, a string of digits is one too. @throws RangeError for a status that is not final. */
function statusOf(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const status = typeof given === "string" ? Number(given) : given;
  if (typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new RangeError(
    "Failed to construct 'Response': The status provided is outside the range [200, 599].",
  );
}

function jsonOf(data: unknown): string {
  try {
    if (data !== undefined) return JSON.stringify(data);
  } catch {
    // The error is the same as for `undefined`.
  }
  throw new TypeError("Failed to execute 'json' on 'Response': The data is not JSON serializable");
}

/** Checks the headers of a plain object. Otherwise an error would appear only on the socket, too late for a good response. */
function checkHeaders(headers: HeadersInit | undefined): void {
  if (headers === undefined || headers instanceof Headers || Array.isArray(headers)) return;
  for (const name in headers) {
    const value: unknown = headers[name];
    if (BAD_HEADER_NAME.test(name) || BAD_HEADER_VALUE.test(String(value)))
      new Headers([[name, String(value)]]);
  }
}

/** Truncates the body to Convex's limit. If it does, removes a `content-length` that the function set. */
function truncate(
  body: BodyInit | null | undefined,
  init: ResponseInit | undefined,
): [BodyInit | null | undefined, ResponseInit | undefined] {
  if (typeof body === "string") {
    if (body.length * UTF8_BYTES <= MAX_RESPONSE_BYTES) return [body, init];
    const bytes = Buffer.from(body);
    if (bytes.length <= MAX_RESPONSE_BYTES) return [body, init];
    return [bytes.subarray(0, MAX_RESPONSE_BYTES), truncatedInit(init, "text/plain;charset=UTF-8")];
  }
  if (body instanceof Blob && body.size > MAX_RESPONSE_BYTES) {
    return [body.slice(0, MAX_RESPONSE_BYTES, body.type), truncatedInit(init)];
  }
  if (body instanceof ArrayBuffer && body.byteLength > MAX_RESPONSE_BYTES) {
    return [new Uint8Array(body, 0, MAX_RESPONSE_BYTES), truncatedInit(init)];
  }
  if (ArrayBuffer.isView(body) && body.byteLength > MAX_RESPONSE_BYTES) {
    return [new Uint8Array(body.buffer, body.byteOffset, MAX_RESPONSE_BYTES), truncatedInit(init)];
  }
  return [body, init];
}

function truncatedInit(init: ResponseInit | undefined, type?: string): ResponseInit {
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

/** Returns the minimum number of bytes of a body; undefined for a stream. A string is measured in UTF-16 code units, which is quick. */
function minimumSize(body: BodyInit | null | undefined): number | undefined {
  if (typeof body === "string") return body.length;
  if (body instanceof ReadableStream) return undefined;
  if (body instanceof Blob) return body.size;
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? body.byteLength : 0;
}

/** Returns the minimum number of bytes of a function's response; undefined for a stream and for another response. */
export const sizeOfResponse = (response: Response): number | undefined => FunctionResponse.sizeOf(response);

/**
 * Truncates a streamed body to Convex's limit. The status stays the same.
 *
 * @param within Runs a step of the stream, such as its `pull`. The server reads the body outside of the function that made it.
 */
export function limitResponseBytes(response: Response, within: Within): Response {
  if (FunctionResponse.fits(response) || response.body === null) return response;
  const { status, statusText, headers } = response;
  const declared = Number(headers.get("content-length") ?? 0);
  const init = { status, statusText, headers };
  return new light.NativeResponse(
    firstBytes(response.body, MAX_RESPONSE_BYTES, within),
    declared > MAX_RESPONSE_BYTES ? truncatedInit(init) : init,
  );
}

type Within = <T>(step: () => T) => T;

function firstBytes(
  body: ReadableStream<Uint8Array>,
  count: number,
  within: Within,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = count;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await within(() => nextChunk(reader));
      if (done) {
        controller.close();
        return;
      }
      controller.enqueue(value.length > left ? value.subarray(0, left) : value);
      left -= value.length;
      if (left > 0) return;
      controller.close();
      await within(() => reader.cancel());
    },
    cancel: (reason) => within(() => reader.cancel(reason)),
  });
}

/** Returns the next chunk that is not empty. A consumer that has called `pull` would wait forever after an empty one. */
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

/** The classes by their global names. */
export const webGlobals = { Request: light.Request, Response: FunctionResponse, Headers: LightHeaders };

/** Returns a copy of the request without its body. */
export function withoutBody(request: Request): Request {
  return new light.Request(request.url, { method: request.method, headers: request.headers });
}

/**
 * Returns the package's classes. The package provides them only by replacing the globals, so this function restores the globals
 * right away.
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
