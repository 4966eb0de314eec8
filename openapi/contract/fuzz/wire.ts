import { Agent, request, type RequestOptions } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Send } from "../check";

const TIMEOUT_MS = 20_000;
/** The size in bytes from which a server may refuse a body before it has read all of it. */
const LARGE = 100_000;

/**
 * Returns a function that sends requests that `fetch` would normalize or refuse: unnormalized paths and queries, GET with a body,
 * invalid media types.
 *
 * @param origin Such as `http://127.0.0.1:3211`.
 * @returns `send`, which rejects for a request without a response, and `close`, which ends all connections.
 */
export function wireTo(origin: string): { send: Send; close: () => void } {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true });
  const send: Send = async (path, { method = "GET", headers, body } = {}) => {
    const bytes = body instanceof Uint8Array ? body : undefined;
    const sent = {
      ...Object.fromEntries(new Headers(headers)),
      ...(bytes && { "Content-Length": bytes.length }),
    };
    const to = { hostname, port, method, path, headers: sent };
    if ((bytes?.length ?? 0) < LARGE) return exchange({ ...to, agent }, bytes);
    // If the server closes a connection with an unread body, the reply may be lost. The request had no effect, and a retry is safe.
    const sendAlone = () => exchange({ ...to, agent: false }, bytes);
    return sendAlone().catch(sendAlone).catch(sendAlone);
  };
  return { send, close: () => agent.destroy() };
}

function exchange(to: RequestOptions, bytes: Uint8Array | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, timeout: TIMEOUT_MS }, (incoming) => {
      const { statusCode: status = 0, headersDistinct } = incoming;
      const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      buffer(incoming).then((all) => {
        resolve(new Response(all.length === 0 ? null : Uint8Array.from(all), { status, headers }));
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("The server did not reply in time")));
    outgoing.end(bytes);
  });
}
