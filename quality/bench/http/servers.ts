/** The servers of a run: the product with and without limits, and the servers to compare it with. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Child } from "../lib/children";
import { Client } from "../lib/client";
import { startProduct } from "../lib/product";
import type { Plan } from "./plan";
import type { Place, Target } from "./target";
import { fill } from "./target";
import { WEBHOOK_SETTINGS } from "./webhooks";

/** `limited` is the product with rate limits that are too high to be reached. */
export const SERVERS = ["product", "limited", "hono", "floor", "mock"] as const;
export type ServerName = (typeof SERVERS)[number];

/** The names of the servers in tables. */
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
  /** Reads the metrics of the product once. Does nothing for other servers. */
  readonly scrape: () => Promise<void>;
}

export type Servers = Readonly<Record<ServerName, Server>>;

/** Rate limits far above the requests per minute that a machine can serve. */
export const NEVER_REACHED = {
  RATE_LIMIT_KEY_PER_MINUTE: "1000000000",
  RATE_LIMIT_IP_PER_MINUTE: "1000000000",
};

/** Starts and fills all servers. @param started called with each process, so that the caller can stop it after an error. */
export async function startServers(plan: Plan, started: (child: Child) => void): Promise<Servers> {
  const { mixer, say } = plan;
  const start = async (name: ServerName): Promise<Server> => {
    const { child, scrape, ...place } = await startOne(plan, name);
    started(child);
    const items = name === "mock" ? plan.mockItems : plan.items;
    const target = await fill(place, items, (line) => say(`${LABELS[name]}: ${line}`));
    await mixer.ask("aim", { name, target });
    return { name, child, target, scrape };
  };
  return {
    product: await start("product"),
    limited: await start("limited"),
    hono: await start("hono"),
    floor: await start("floor"),
    mock: await start("mock"),
  };
}

async function startOne(
  { root, directory }: Plan,
  name: ServerName,
): Promise<Place & Pick<Server, "child" | "scrape">> {
  const data = join(directory, name);
  if (name === "product" || name === "limited") {
    const settings = { ...WEBHOOK_SETTINGS, ...(name === "limited" && NEVER_REACHED) };
    const { child, port, key, scrape } = await startProduct({ root, data, settings, probed: true });
    return { child, scrape, port, key: key ?? "" };
  }
  const child = await Child.start(root, `quality/bench/http/${name}.child.ts`, [data]);
  return { child, scrape: () => Promise.resolve(), ...(await child.ask<Place>("place")) };
}

const POLL_MS = 20;
/** Webhooks that are still pending after this time are an error. */
const TIMEOUT_MS = 60_000;

/**
 * Waits until every webhook has been processed, so that no server works during another server's turn. The hand-written servers
 * need no wait, because each group of events is processed with the next one.
 *
 * @returns the time that it took, in milliseconds.
 */
export async function settle(server: Pick<Server, "name" | "target">): Promise<number> {
  if (server.name === "hono" || server.name === "floor") return 0;
  const started = performance.now();
  const client = new Client(server.target.port, server.target.key);
  try {
    while ((await countEvents(client, "pending")) > 0) {
      if (performance.now() - started > TIMEOUT_MS)
        throw new Error(`Webhooks are still pending after ${TIMEOUT_MS / 1_000} s`);
      await wait(POLL_MS);
    }
  } finally {
    client.close();
  }
  return performance.now() - started;
}

/** Returns the number of webhook events that finally failed, at most 100. */
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
