/** The product as `npm start` starts it: how long that takes, its memory, and its own reads. */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { median, medianRatio } from "../cold/statistics";
import { Child } from "./children";
import type { Figure } from "./figures";
import { atMost } from "./figures";
import type { Load, Loaded } from "./load.child";
import type { Plan } from "./traffic";
import { inTurns } from "./traffic";

const CONNECTIONS = 16;
const KIB_PER_MB = 1_000_000 / 1024;

interface Started {
  readonly process: ChildProcess;
  readonly port: number;
  /** Of the first start only. */
  readonly key: string | null;
  readonly readyMs: number;
  readonly readyMB: number;
}

/** @param starts how often it is started. @param loadMs how long it is loaded before its memory is taken. */
export async function measureProduct(
  plan: Plan,
  { starts, loadMs }: { starts: number; loadMs: number },
): Promise<Figure[]> {
  plan.say("the product: starting");
  const data = join(plan.directory, "product");
  // The first start makes the database, a key and the cache of the script runner.
  const first = await start(plan, data);
  const runs: Started[] = [];
  for (let i = 0; i < starts; i++) {
    await stop((runs.at(-1) ?? first).process);
    runs.push(await start(plan, data));
  }
  const last = runs.at(-1) ?? first;
  try {
    const reads = await requestsFor(last.port, first.key ?? "");
    const memory = await memoryUnder(plan, last.process, reads, loadMs);
    // It is warm by now.
    const ratio = await againstHono(plan, reads);
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
      ...ratio,
    ];
  } finally {
    await stop(last.process);
  }
}

async function start({ root }: Plan, data: string): Promise<Started> {
  const started = performance.now();
  const args = ["scripts/run.mjs", "embedded/main.ts", "--port", "0", "--api-port", "0", "--data", data];
  const env = { ...process.env, RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  let port = 0;
  let key: string | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, rest = ""] = line.split(/ +/);
    if (word === "api") port = Number(new URL(rest).port);
    if (word === "key") key = rest;
    if (word !== "ready") continue;
    const readyMs = performance.now() - started;
    const readyMB = residentMB(child);
    // A pipe that nobody reads would stop it.
    child.stdout.resume();
    return { process: child, port, key, readyMs, readyMB };
  }
  throw new Error("The product ended before it was ready");
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

function residentMB({ pid }: ChildProcess): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / KIB_PER_MB;
}

/** An item of a key's owner and the request for it. */
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

async function againstHono(plan: Plan, own: Load): Promise<Figure[]> {
  const hono = await Child.start(plan.root, "hono.child.ts");
  try {
    const request = `GET /api/items/${await hono.ask<string>("id")} HTTP/1.1\r\nHost: bench\r\n\r\n`;
    const bare: Load = { ...own, port: await hono.ask<number>("port"), requests: [request] };
    const { milliseconds } = plan;
    const loads = [bare, own].map((load) => ({ ...load, milliseconds }));
    const [honoRates = [], ownRates = []] = await inTurns(plan, "GET /api/items/ID", loads);
    return [
      {
        name: "GET /api/items/ID with a key / bare Hono",
        value: medianRatio(ownRates, honoRates),
        unit: "×",
      },
      { name: "GET /api/items/ID with a key", value: median(ownRates), unit: "/s" },
      { name: "GET /api/items/ID: bare Hono", value: median(honoRates), unit: "/s" },
    ];
  } finally {
    await hono.stop();
  }
}

/** Memory halfway, when everything is warm, and at the end. */
async function memoryUnder(plan: Plan, product: ChildProcess, own: Load, loadMs: number): Promise<Figure[]> {
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
