/**
 * The cost of `POST /api/items` for owners with 0, 1 and 20 webhook endpoints: `npm run bench:outgoing`. The three requests take
 * turns, and each one starts when all deliveries of the one before have ended, so the figures compare the transactions alone.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "convex-embedded/testing/server";
import { NO_RATE_LIMITS } from "../../lib/server";
import { median, medianRatio } from "../lib/statistics";

const ENDPOINTS = [0, 1, 20];
const ROUNDS = 40;
const WARM_UP = 5;

/** Prints the median of each request, and its ratio to the one without endpoints. */
export async function cost(): Promise<void> {
  const partner = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(partner, "listening");
  const { port } = partner.address() as AddressInfo;
  const data = await mkdtemp(join(tmpdir(), "bench-outgoing-"));
  const env = { ...NO_RATE_LIMITS, WEBHOOK_ALLOW_HTTP: "1" };
  const server = await startServer({ project: process.cwd(), data, port: 0, env });

  const owners = await Promise.all(
    ENDPOINTS.map(async (count) => {
      const owner = { name: "bench", email: `bench${count}@example.com`, scopes: ["*"] };
      const { key } = (await server.run("apiKeys:issue", owner)) as { key: string };
      const post = async (path: string, body: unknown): Promise<void> => {
        const headers = { "X-API-Key": key, "Content-Type": "application/json" };
        const reply = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
        await reply.arrayBuffer();
        if (reply.status !== 201) throw new Error(`${path}: ${reply.status}`);
      };
      const endpoint = { url: `http://127.0.0.1:${port}/`, events: ["item.*"] };
      for (let n = 0; n < count; n++) await post("/api/webhook-endpoints", endpoint);
      return { count, post, times: [] as number[] };
    }),
  );
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const { post, times } of owners) {
      await server.idle();
      const start = performance.now();
      await post("/api/items", { name: "bolt" });
      if (round >= WARM_UP) times.push(performance.now() - start);
    }
  }
  for (const { count, times } of owners) {
    const ratio = medianRatio(times, owners[0]?.times ?? times).toFixed(2);
    const ms = median(times).toFixed(2).padStart(7);
    console.log(`${String(count).padStart(2)} endpoints  ${ms} ms  ×${ratio}`);
  }
  await server.close();
  partner.closeAllConnections();
  partner.close();
  await rm(data, { recursive: true });
}
