/** One caller of a running API: `await call("POST", "/api/notes", { text: "one" })`. */
export type Client = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Response>;

export function client(url: string, key: string): Client {
  return (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { "X-API-Key": key, ...(body && { "Content-Type": "application/json" }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
}
