/** Receives the API's own webhooks: registers an endpoint, verifies each request, and prints it. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface Listener {
  /** Deletes the endpoint, and stops the receiver. */
  close(): Promise<void>;
}

/** The most bytes of a webhook that the receiver reads. */
const MAX_BYTES = 1024 * 1024;

/**
 * Starts a receiver on this machine and registers it.
 *
 * @param url The base URL of the API.
 * @param print Gets one line for each webhook: `verified item.created ID DATA`.
 * @throws Error with the API's refusal, or the reason why the API cannot be reached.
 */
export async function listen(options: {
  url: string;
  key: string;
  events: readonly string[];
  print: (line: string) => void;
}): Promise<Listener> {
  const { url, key, events, print } = options;
  let webhook: Webhook | undefined;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const verified = isVerified(webhook, body, request);
      print(
        `${verified ? "verified" : "REFUSED "} ${describe(body)} ${String(request.headers["webhook-id"])}`,
      );
      response.writeHead(verified ? 204 : 400).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const call = (method: string, path: string, body?: unknown) =>
    fetch(url + path, {
      method,
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  try {
    const address = { url: `http://127.0.0.1:${port}/`, events, description: "npm run webhook -- listen" };
    const reply = await call("POST", "/api/webhook-endpoints", address);
    const made = (await reply.json()) as { id?: string; secret?: string; detail?: string };
    if (made.secret === undefined) throw new Error(`${reply.status}: ${made.detail ?? "no reason given"}`);
    webhook = new Webhook(made.secret);
    print(`listening for ${events.join(", ")} as ${String(made.id)}`);
    return {
      async close() {
        await call("DELETE", `/api/webhook-endpoints/${String(made.id)}`);
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function isVerified(webhook: Webhook | undefined, body: string, { headers }: IncomingMessage): boolean {
  try {
    webhook?.verify(body, headers as Record<string, string>);
    return webhook !== undefined;
  } catch {
    return false;
  }
}

function describe(body: string): string {
  try {
    const { type, data } = JSON.parse(body) as { type: string; data: unknown };
    return `${type} ${JSON.stringify(data)}`;
  } catch {
    return JSON.stringify(body.slice(0, 100));
  }
}
