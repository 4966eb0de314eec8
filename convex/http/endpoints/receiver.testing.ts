import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { expect, onTestFinished, vi } from "vitest";
import type { Caller } from "../testing/caller.testing";
import { now } from "../testing/engine.testing";
import { newKey } from "../testing/keys.testing";
import { json, type Json } from "../testing/replies.testing";

/** A webhook as it arrived. */
export type Received = { headers: Record<string, string>; body: string; json: Json };

type Answer = { status?: number; headers?: Record<string, string>; body?: string };

/**
 * Starts a partner's server on this machine. It ends with the test.
 *
 * @param answer Returns the reply to a webhook. Default: 204.
 */
export async function openReceiver(
  answer: (received: Received, count: number) => Answer | Promise<Answer> = () => ({}),
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      const one = {
        headers: request.headers as Record<string, string>,
        body,
        json: JSON.parse(body) as Json,
      };
      received.push(one);
      void Promise.resolve(answer(one, received.length)).then(({ status = 204, headers = {}, body: reply }) =>
        response.writeHead(status, headers).end(reply),
      );
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    received,
    /** Returns the received webhooks of a type. */
    ofType: (type: string) => received.filter((one) => one.json["type"] === type),
  };
}

/** Registers an endpoint. Returns its id, path and secret. */
export async function subscribe(
  owner: Caller,
  url: string,
  events: readonly string[],
): Promise<{ id: string; path: string; secret: string }> {
  const { id, secret } = await json(owner("POST", "/api/webhook-endpoints", { url, events }), 201);
  return { id: String(id), path: `/api/webhook-endpoints/${String(id)}`, secret: String(secret) };
}

/** Creates a key, which makes the event `key.created`. Returns its path, and what GET shows. */
export async function createKey(
  owner: Caller,
  headers?: Record<string, string>,
): Promise<{ path: string; shown: Json }> {
  const reply = await owner("POST", "/api/keys", newKey(), headers);
  const { key: _, ...shown } = await json(reply, 201);
  return { path: reply.headers.get("location") ?? "", shown };
}

/** Expects that both libraries, which other people wrote, accept the webhook. */
export function expectVerified({ headers, body }: Received, secret: string): void {
  // The libraries compare the time with the clock of this process.
  const clock = vi.spyOn(Date, "now").mockReturnValue(now());
  try {
    for (const Webhook of [StandardWebhook, SvixWebhook])
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  } finally {
    clock.mockRestore();
  }
}
