import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { checked } from "./check";

/** Matches headers that belong to one connection, or to the encoding of the body on that connection. */
const HOP_BY_HOP = /^(connection|content-encoding|content-length|host|keep-alive|transfer-encoding)$/;

/**
 * Opens a proxy that forwards requests to an API and checks the traffic against the document. It serves clients that run in
 * another process, where a test cannot wrap `fetch`. Traffic that breaks the contract gets a 502 with the violations, and fails
 * the run.
 */
export async function openGateway(target: string): Promise<{ url: string; close: () => Promise<void> }> {
  const send = checked((path, init) => fetch(target + path, { ...init, redirect: "manual" }));
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing, send).catch((error: unknown) => outgoing.writeHead(502).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  send: ReturnType<typeof checked>,
): Promise<void> {
  const { method = "GET", url = "/", headersDistinct } = incoming;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of HOP_BY_HOP.test(name) ? [] : values) headers.append(name, value);
  const body = Uint8Array.from(await buffer(incoming));
  const reply = await send(url, { method, headers, ...(body.length > 0 && { body }) });
  const forwarded = [...reply.headers].filter(([name]) => !HOP_BY_HOP.test(name));
  outgoing.writeHead(reply.status, Object.fromEntries(forwarded)).end(Buffer.from(await reply.arrayBuffer()));
}
