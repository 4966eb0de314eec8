/** The cost of counting what an owner stores: the product with a limit of items and without one, in alternating turns. */
import { join } from "node:path";
import type { Figure } from "../lib/figures";
import { atLeast } from "../lib/figures";
import type { Load, Loaded } from "../lib/load.child";
import { startProduct } from "../lib/product";
import { median, medianRatio } from "../lib/statistics";
import type { Plan } from "./traffic";

const WRITERS = 50;

/** Measures `POST /api/items` of one owner. */
export async function measureQuotas(plan: Plan): Promise<Figure[]> {
  plan.say("quotas: starting");
  const [limited, unlimited] = [await start(plan, "1000000000"), await start(plan, "0")];
  try {
    const perSecond = async ({ load }: Server, milliseconds: number): Promise<number> =>
      (await plan.load.ask<Loaded>("load", { ...load, milliseconds })).perSecond;
    for (const server of [limited, unlimited]) await perSecond(server, plan.warmUpMs);
    const [withLimit, without]: [number[], number[]] = [[], []];
    for (let round = 0; round < plan.rounds; round++) {
      withLimit.push(await perSecond(limited, plan.milliseconds));
      without.push(await perSecond(unlimited, plan.milliseconds));
    }
    return [
      { name: "POST /api/items with a quota", value: median(withLimit), unit: "/s" },
      {
        name: "POST /api/items with a quota / without",
        value: medianRatio(withLimit, without),
        unit: "×",
        goal: atLeast(0.85),
      },
    ];
  } finally {
    await Promise.all([limited.stop(), unlimited.stop()]);
  }
}

interface Server {
  readonly load: Load;
  readonly stop: () => Promise<unknown>;
}

/** Starts the product with a quota of items. */
async function start({ root, directory }: Plan, quota: string): Promise<Server> {
  const data = join(directory, `quota-${quota}`);
  const { child, port, key } = await startProduct({ root, data, settings: { QUOTA_ITEMS: quota } });
  const body = JSON.stringify({ name: "bolt" });
  const head = [
    "POST /api/items HTTP/1.1",
    "Host: bench",
    `Authorization: Bearer ${key ?? ""}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ].join("\r\n");
  const requests = [`${head}\r\n\r\n${body}`];
  const load = { port, connections: WRITERS, milliseconds: 0, requests, expected: "HTTP/1.1 201" };
  return { load, stop: () => child.stop() };
}
