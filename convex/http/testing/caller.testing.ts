import type { Send } from "../../../openapi/contract/check";

/** Sends a request with a credential: `await call("POST", "/api/process", { data: 1 })`. The body is sent as JSON. */
export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

/** Returns a caller with this key that sends its requests through `send`. */
export const callerWith =
  (send: Send, key: string): Caller =>
  (method, path, body, headers = {}) =>
    send(path, {
      method,
      headers: {
        "X-API-Key": key,
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
