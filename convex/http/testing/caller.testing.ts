import type { Send } from "../../../openapi/contract/check";

/** Someone who sends requests: `await call("POST", "/api/items", { name: "bolt" })`. The body goes as JSON. */
export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

/** Who has this key, wherever `send` sends it. */
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
