/**
 * Compares receipt and processing of webhooks on the embedded runtime with plain `POST /api/items` in the same run:
 * `npm run bench:webhooks [-- --events N]`. Server and load share a process, so the ratios are fair but the absolute figures
 * are low.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { startServer } from "convex-embedded/testing/server";
import {
  freshId,
  makeEvent,
  SENDERS,
  signedHeaders,
  SOURCES,
  type WebhookSource,
} from "../../../scripts/webhook/senders";
import { newWebhookSecrets, webhookSettings } from "../../lib/secrets";
import { NO_RATE_LIMITS } from "../../lib/server";

const CONNECTIONS = 50;
const SECRETS = newWebhookSecrets();
/** The last source, GitHub, and the first type of its events: they have no effect, so the figures are those of the log. */
const source = SOURCES.at(-1) as WebhookSource;
const [type = ""] = Object.keys(SENDERS[source].events);

const USAGE = `usage: npm run bench:webhooks -- [--events N]

  --events N  the number of events to send (default 5000)
`;

const { values } = parseOrExit(USAGE, { options: { events: { type: "string", default: "5000" } } });
const count = Number(values.events);
if (!Number.isInteger(count) || count < 1) refuse("--events must be a whole number greater than 0.", USAGE);
const data = mkdtempSync(join(tmpdir(), "bench-webhooks-"));
const server = await startServer({
  project: process.cwd(),
  data,
  port: 0,
  env: { ...webhookSettings(SECRETS), ...NO_RATE_LIMITS },
});
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

type Shot = { path: string; body: string; headers: Record<string, string>; status: number };

function post({ path, body, headers, status }: Shot): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, { method: "POST", agent, headers }, (reply) => {
      reply.resume().on("end", () => {
        if (reply.statusCode === status) resolve();
        else reject(new Error(`${path} answered ${reply.statusCode ?? 0}, not ${status}`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

/** Sends all requests, `CONNECTIONS` at a time. @returns the duration in seconds. */
async function burst(shots: readonly Shot[]): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    for (let shot = shots[next++]; shot; shot = shots[next++]) await post(shot);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return (performance.now() - started) / 1000;
}

const issued = (await server.run("apiKeys:issue", { name: "bench", scopes: ["*"] })) as { key: string };
const items = Array.from({ length: count }, (_, n): Shot => {
  const headers = { "X-API-Key": issued.key, "Content-Type": "application/json" };
  return { path: "/api/items", body: JSON.stringify({ name: `item ${n}` }), headers, status: 201 };
});
const webhooks = Array.from({ length: count }, (): Shot => {
  const event = { type, id: freshId(source), now: Date.now() };
  const body = JSON.stringify(makeEvent(source, event));
  return {
    path: `/webhooks/${source}`,
    body,
    headers: signedHeaders({ source, ...event, body, secret: SECRETS[source] }),
    status: 200,
  };
});

await burst(items.slice(0, 500));
const plain = count / (await burst(items));
const started = performance.now();
const receipt = count / (await burst(webhooks));
await server.idle();
const processing = count / ((performance.now() - started) / 1000);

const events = (await server.run("webhooks/log:list", { status: "success", limit: 100 })) as {
  docs: unknown[];
};
console.log(
  `${count} webhooks over ${CONNECTIONS} connections, all acknowledged; the newest ${events.docs.length} of the log are processed`,
);
console.table({
  "POST /api/items": { "per second": Math.round(plain), ratio: 1 },
  "webhooks acknowledged": { "per second": Math.round(receipt), ratio: Number((receipt / plain).toFixed(2)) },
  "webhooks processed": {
    "per second": Math.round(processing),
    ratio: Number((processing / plain).toFixed(2)),
  },
});
const pending = (await server.run("webhooks/log:list", { status: "pending", limit: 1 })) as {
  docs: unknown[];
};
agent.destroy();
await server.close();
rmSync(data, { recursive: true });
if (pending.docs.length > 0) throw new Error("Some events are still pending");
