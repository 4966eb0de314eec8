/**
 * `Request` and `Response` as functions get them: those of `@hono/node-server`, which make no stream and no `Headers`
 * of what goes straight to or comes straight from a socket, with the rules of the standard that they leave out.
 */
import { getRequestListener } from "@hono/node-server";

const NULL_BODY = new Set([204, 205, 304]);
const BAD_HEADER_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const BAD_HEADER_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const light = lightClasses();

class FunctionResponse extends light.Response {
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
    super(body, init);
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

/** The two classes by the names that functions use. */
export const webGlobals = { Request: light.Request, Response: FunctionResponse };

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
