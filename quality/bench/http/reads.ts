/** Compares reads by id with a key, with and without rate limits, with bare Hono, and with themselves while metrics are read. */
import type { Figure } from "../lib/figures";
import { atLeast } from "../lib/figures";
import type { Load, Loaded } from "../lib/load.child";
import { median, medianRatio } from "../lib/statistics";
import type { Plan } from "./plan";
import { MIDDLE } from "./plan";
import type { Server, Servers } from "./servers";

const CONNECTIONS = MIDDLE;
/** Prometheus scrapes every 15 seconds. Here, scrapes are more frequent, because a turn is short. */
const SCRAPE_MS = 500;

export async function measureReads(plan: Plan, { product, limited, hono }: Servers): Promise<Figure[]> {
  const loads = {
    bare: load(plan, hono, "/bare/items/"),
    keyed: load(plan, hono),
    off: load(plan, product),
    on: load(plan, limited),
    scraped: load(plan, product),
  };
  const rates: Record<keyof typeof loads, number[]> = { bare: [], keyed: [], off: [], on: [], scraped: [] };
  const names = Object.keys(loads) as (keyof typeof loads)[];
  // The first round warms up.
  for (let round = 0; round <= plan.rounds; round++) {
    plan.say(`GET /api/items/ID alone: round ${round} of ${plan.rounds}`);
    for (const name of names) {
      const scraping = name === "scraped" ? setInterval(() => void product.scrape(), SCRAPE_MS) : undefined;
      const { perSecond } = await plan.load.ask<Loaded>("load", loads[name]);
      clearInterval(scraping);
      if (round > 0) rates[name].push(perSecond);
    }
  }
  const { bare, keyed, off, on, scraped } = rates;
  const ratio = (name: string, value: number, goal?: number): Figure => ({
    ...{ name, value, unit: "×" },
    ...(goal !== undefined && { goal: atLeast(goal) }),
  });
  return [
    ratio("GET by id, limits off / bare Hono", medianRatio(off, keyed), 0.4),
    ratio("GET by id, limits on / bare Hono", medianRatio(on, keyed), 0.25),
    ratio("GET by id, scraped / not scraped", medianRatio(scraped, off)),
    ratio("GET by id, limits off / bare Hono without keys", medianRatio(off, bare)),
    ratio("GET by id, limits on / bare Hono without keys", medianRatio(on, bare)),
    { name: "GET by id, limits off", value: median(off), unit: "/s" },
    { name: "GET by id, limits on", value: median(on), unit: "/s" },
    { name: "GET by id: bare Hono", value: median(keyed), unit: "/s" },
    { name: "GET by id: bare Hono without keys", value: median(bare), unit: "/s" },
  ];
}

function load({ milliseconds }: Plan, { target }: Server, path = "/api/items/"): Load {
  const { port, key, ids } = target;
  const rest = ` HTTP/1.1\r\nHost: bench\r\nX-API-Key: ${key}\r\n\r\n`;
  const requests = ids.map((id) => `GET ${path}${id}${rest}`);
  return { port, connections: CONNECTIONS, milliseconds, requests, expected: "HTTP/1.1 200" };
}
