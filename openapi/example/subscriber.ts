/** The partner's program with `--webhooks`: it subscribes on this machine, and receives an event that it causes. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { required, type Api } from "./client";
import { createReceiver, type Receiver } from "./webhooks";

/**
 * Subscribes to the events of items, creates an item, and asks for its event a second time, which the receiver ignores. Deletes the
 * endpoint at the end. The API must allow this machine (`WEBHOOK_ALLOW_HTTP=1`).
 */
export async function receiveEvents(api: Api, say: (what: string, more: string) => void): Promise<void> {
  let processed = (_id: string): void => undefined;
  let ignored = (): void => undefined;
  const event = new Promise<string>((done) => (processed = done));
  const repetition = new Promise<void>((done) => (ignored = done));
  const receiver = createReceiver(
    (received, id) => {
      // `type` selects the type of `data`.
      if (received.type === "item.created") say("event", `${received.type} ${received.data.name}`);
      processed(id);
    },
    () => {
      say("ignored", "the same event");
      ignored();
    },
  );
  const server = await serve(receiver);
  const made = required(
    await api.POST("/api/webhook-endpoints", { body: { url: server.url, events: ["item.created"] } }),
  );
  const params = { path: { id: made.id } };
  try {
    if (made.secret === undefined) throw new Error("The reply has no secret");
    receiver.trust(made.secret);
    say("listens", made.events.join(", "));
    required(await api.POST("/api/items", { body: { name: "gear" } }));
    const eventId = await event;
    await retry(api, made.id, eventId);
    await repetition;
  } finally {
    await api.DELETE("/api/webhook-endpoints/{id}", { params });
    server.close();
  }
}

/** Asks the API to send an event again. The delivery is pending until the API has recorded the reply. */
async function retry(api: Api, id: string, eventId: string): Promise<void> {
  for (;;) {
    const query = { status: "succeeded" as const };
    const deliveries = required(
      await api.GET("/api/webhook-endpoints/{id}/deliveries", { params: { path: { id }, query } }),
    );
    const delivery = deliveries.find((one) => one.eventId === eventId);
    if (delivery) {
      required(
        await api.POST("/api/webhook-deliveries/{id}/retry", { params: { path: { id: delivery.id } } }),
      );
      return;
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

const POLL_MS = 200;

/** Serves a receiver on this machine. */
async function serve(receiver: Receiver): Promise<{ url: string; close: () => void }> {
  const server = createServer((incoming, response) => {
    void toRequest(incoming)
      .then((request) => receiver.receive(request))
      .then(({ status }) => response.writeHead(status).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/webhooks`, close };
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  const headers = incoming.headers as Record<string, string>;
  return new Request("http://127.0.0.1/", { method: "POST", headers, body: Buffer.concat(parts) });
}
