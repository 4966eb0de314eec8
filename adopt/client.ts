import type { Send } from "../openapi/contract/check";

/** One caller of a running API: `await call("POST", "/api/notes", { text: "one" })`. */
export type Client = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Response>;

export function client(send: Send, key: string): Client {
  return (method, path, body, headers = {}) =>
    send(path, {
      method,
      headers: { "X-API-Key": key, ...(body && { "Content-Type": "application/json" }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
}
