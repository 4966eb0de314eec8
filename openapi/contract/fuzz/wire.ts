import { Agent, request, type RequestOptions } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Send } from "../check";

const PATIENCE_MS = 20_000;
/** Bytes of a body that a server may refuse before it has read all of it. */
const LARGE = 100_000;

/**
 * Sends requests over sockets that `fetch` would fix or refuse: unnormalized paths and queries, GET with a body, invalid media
 * types.
 *
 * @param origin Such as `http://127.0.0.1:3211`.
 * @throws Error for a request without a response.
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
    // A connection that the server closes over an unread body may take the reply with it. Nothing was done, so ask again.
    const alone = () => exchange({ ...to, agent: false }, bytes);
    return alone().catch(alone).catch(alone);
  };
  return { send, close: () => agent.destroy() };
}

function exchange(to: RequestOptions, bytes: Uint8Array | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, timeout: PATIENCE_MS }, (incoming) => {
      const { statusCode: status = 0, headersDistinct } = incoming;
      const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      buffer(incoming).then((all) => {
        resolve(new Response(all.length === 0 ? null : Uint8Array.from(all), { status, headers }));
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("It was not answered in time")));
    outgoing.end(bytes);
  });
}
