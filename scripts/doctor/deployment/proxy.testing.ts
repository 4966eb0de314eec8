import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { checkedFetch } from "../../../openapi/contract/check";

/** The parts of a reply that the proxy replaces. */
type Reply = { status?: number; headers?: Record<string, string>; body?: string };

/** Returns the parts of a reply that the proxy changes. */
export type Change = (request: IncomingMessage, reply: Required<Reply>) => Reply;

/** Starts a proxy that changes the server's replies. It ends with the test. */
export async function proxyTo(origin: string, change: Change): Promise<URL> {
  const proxy = createServer((incoming, outgoing) => {
    void pass(origin, incoming).then((passed) => {
      const { status, headers, body } = { ...passed, ...change(incoming, passed) };
      outgoing.writeHead(status, headers).end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}

async function pass(origin: string, incoming: IncomingMessage): Promise<Required<Reply>> {
  const { method = "GET", url = "/" } = incoming;
  const { host: _, connection: __, ...sent } = incoming.headers as Record<string, string>;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
  const headers = Object.fromEntries(Object.entries(sent).filter(([name]) => !/length|encoding/.test(name)));
  const reply = await checkedFetch(origin + url, { method, headers, redirect: "manual", ...body });
  const answered = [...reply.headers].filter(([name]) => !/length|encoding|connection/.test(name));
  return { status: reply.status, headers: Object.fromEntries(answered), body: await reply.text() };
}
