import { Agent, request } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Send } from "../check";

const PATIENCE_MS = 20_000;

/**
 * Sends over sockets what `fetch` would mend or refuse: paths and queries as they stand, bodies of GET, types that are none.
 *
 * @param origin Such as `http://127.0.0.1:3211`.
 * @throws Error for a request that nobody answers.
 */
export function wireTo(origin: string): { send: Send; close: () => void } {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true });
  const send: Send = (path, { method = "GET", headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const bytes = body instanceof Uint8Array ? body : undefined;
      const outgoing = request(
        {
          ...{ hostname, port, method, path, agent, timeout: PATIENCE_MS },
          headers: {
            ...Object.fromEntries(new Headers(headers)),
            ...(bytes && { "Content-Length": bytes.length }),
          },
        },
        (incoming) => {
          const { statusCode: status = 0, headersDistinct } = incoming;
          const received = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          );
          buffer(incoming).then((all) => {
            const isEmpty = all.length === 0;
            resolve(new Response(isEmpty ? null : Uint8Array.from(all), { status, headers: received }));
          }, reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path} was not answered in time`)));
      outgoing.end(bytes);
    });
  return { send, close: () => agent.destroy() };
}
