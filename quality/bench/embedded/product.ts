/** The product as `npm start` starts it: the time of its start, and its memory. */
import { join } from "node:path";
import { residentBytes } from "../../lib/usage";
import type { Figure } from "../lib/figures";
import { atMost } from "../lib/figures";
import type { Load, Loaded } from "../lib/load.child";
import type { Product } from "../lib/product";
import { startProduct } from "../lib/product";
import { median } from "../lib/statistics";
import type { Plan } from "./traffic";

const CONNECTIONS = 16;

interface Started extends Product {
  readonly readyMB: number;
}

/** Measures starts and memory. @param starts the number of starts. @param loadMs the time under load, in milliseconds. */
export async function measureProduct(
  plan: Plan,
  { starts, loadMs }: { starts: number; loadMs: number },
): Promise<Figure[]> {
  plan.say("the product: starting");
  const data = join(plan.directory, "product");
  // The first start creates the database, a key and the cache of the bundle, so it takes longer.
  const first = await start(plan, data);
  const runs: Started[] = [];
  for (let i = 0; i < starts; i++) {
    await (runs.at(-1) ?? first).child.stop();
    runs.push(await start(plan, data));
  }
  const last = runs.at(-1) ?? first;
  try {
    const reads = await requestsFor(last.port, first.key ?? "");
    const memory = await memoryUnder(plan, last, reads, loadMs);
    return [
      {
        name: "start to ready",
        value: median(runs.map(({ readyMs }) => readyMs)),
        unit: "ms",
        goal: atMost(1_000),
      },
      { name: "first start to ready", value: first.readyMs, unit: "ms" },
      {
        name: "memory at ready",
        value: median(runs.map(({ readyMB }) => readyMB)),
        unit: "MB",
        goal: atMost(90),
      },
      ...memory,
    ];
  } finally {
    await last.child.stop();
  }
}

async function start({ root }: Plan, data: string): Promise<Started> {
  const product = await startProduct({ root, data });
  return { ...product, readyMB: residentMB(product) };
}

function residentMB({ child }: Product): number {
  return residentBytes(child.process.pid ?? 0) / 1e6;
}

/** Creates an item, and returns a load that reads it. */
async function requestsFor(port: number, key: string): Promise<Load> {
  const authorization = `Bearer ${key}`;
  const response = await fetch(`http://127.0.0.1:${port}/api/items`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ name: "bolt" }),
  });
  if (response.status !== 201)
    throw new Error(`POST /api/items: ${response.status} ${await response.text()}`);
  const { id } = (await response.json()) as { id: string };
  return {
    port,
    connections: CONNECTIONS,
    milliseconds: 0,
    requests: [`GET /api/items/${id} HTTP/1.1\r\nHost: bench\r\nAuthorization: ${authorization}\r\n\r\n`],
    expected: "HTTP/1.1 200",
  };
}

/** Measures memory halfway through the load, when the server is warm, and at the end. */
async function memoryUnder(plan: Plan, product: Product, own: Load, loadMs: number): Promise<Figure[]> {
  const half = async (): Promise<number> => {
    await plan.load.ask<Loaded>("load", { ...own, milliseconds: loadMs / 2 });
    return residentMB(product);
  };
  plan.say(`the product: ${loadMs / 1_000} s of load`);
  const warm = await half();
  const end = await half();
  return [
    { name: `memory after ${loadMs / 1_000} s of load`, value: end, unit: "MB" },
    { name: "memory at the end / halfway through the load", value: end / warm, unit: "×", goal: atMost(1.1) },
  ];
}
