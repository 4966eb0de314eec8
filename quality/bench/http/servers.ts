/** The servers of a run: the product, twice, and what it is measured against. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Child } from "../lib/children";
import { Client } from "../lib/client";
import { startProduct } from "../lib/product";
import type { Plan } from "./plan";
import type { Place, Target } from "./target";
import { fill } from "./target";
import { WEBHOOK_SETTINGS } from "./webhooks";

/** `limited` is the product with rate limits that nobody reaches. */
export const SERVERS = ["product", "limited", "hono", "floor", "mock"] as const;
export type ServerName = (typeof SERVERS)[number];

/** What tables call them. */
export const LABELS: Readonly<Record<ServerName, string>> = {
  product: "product",
  limited: "product, limits on",
  hono: "bare Hono",
  floor: "bare node:http",
  mock: "convex-test",
};

export interface Server {
  readonly name: ServerName;
  readonly child: Child;
  readonly target: Target;
}

export type Servers = Readonly<Record<ServerName, Server>>;

/** Limits on requests a minute, far above what a machine serves. */
export const NEVER_REACHED = {
  RATE_LIMIT_KEY_PER_MINUTE: "1000000000",
  RATE_LIMIT_IP_PER_MINUTE: "1000000000",
};

/** Starts and fills all of them. @param started is told of each, so that whoever asked can stop it whatever happens. */
export async function startServers(plan: Plan, started: (child: Child) => void): Promise<Servers> {
  const { mixer, say } = plan;
  const start = async (name: ServerName): Promise<Server> => {
    const { child, ...place } = await startOne(plan, name);
    started(child);
    const items = name === "mock" ? plan.mockItems : plan.items;
    const target = await fill(place, items, (line) => say(`${LABELS[name]}: ${line}`));
    await mixer.ask("aim", { name, target });
    return { name, child, target };
  };
  return {
    product: await start("product"),
    limited: await start("limited"),
    hono: await start("hono"),
    floor: await start("floor"),
    mock: await start("mock"),
  };
}

async function startOne({ root, directory }: Plan, name: ServerName): Promise<Place & { child: Child }> {
  const data = join(directory, name);
  if (name === "product" || name === "limited") {
    const settings = { ...WEBHOOK_SETTINGS, ...(name === "limited" && NEVER_REACHED) };
    const { child, port, key } = await startProduct({ root, data, settings, probed: true });
    return { child, port, key: key ?? "" };
  }
  const child = await Child.start(root, `quality/bench/http/${name}.child.ts`, [data]);
  return { child, ...(await child.ask<Place>("place")) };
}

const POLL_MS = 20;
/** Webhooks that are not processed by then have gone wrong. */
const PATIENCE_MS = 60_000;

/**
 * Waits until every webhook has been processed, so that no server works in another one's turn. By hand there is nothing to
 * wait for: the last group is processed with the next one.
 *
 * @returns the milliseconds that it took.
 */
export async function settle(server: Pick<Server, "name" | "target">): Promise<number> {
  if (server.name === "hono" || server.name === "floor") return 0;
  const started = performance.now();
  const client = new Client(server.target.port, server.target.key);
  try {
    while ((await countEvents(client, "pending")) > 0) {
      if (performance.now() - started > PATIENCE_MS) throw new Error("Webhooks are still pending");
      await wait(POLL_MS);
    }
  } finally {
    client.close();
  }
  return performance.now() - started;
}

/** How many webhook events were given up: up to 100. */
export async function failedEvents({ port, key }: Place): Promise<number> {
  const client = new Client(port, key);
  try {
    return await countEvents(client, "failed");
  } finally {
    client.close();
  }
}

async function countEvents(client: Client, status: "pending" | "failed"): Promise<number> {
  const { text } = await client.ask(`/api/webhook-events?status=${status}&limit=100`, 200);
  return (JSON.parse(text) as unknown[]).length;
}
