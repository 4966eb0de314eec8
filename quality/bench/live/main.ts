/**
 * `npm run bench:live [-- --sockets 1000 --seconds 20]`: how long a change takes from its commit to the clients that subscribe.
 *
 * quality/bench/README.md describes the figures.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { atMost, tableOf, verdictOf } from "../lib/figures";
import { machine, write } from "../lib/output";
import type { Delivered, Sending, Subscribers } from "./clients.child";

const QUERIES = 10;
/** Sockets that subscribe to each channel, so that a mutation touches the queries of ten sockets. */
const SHARED = 10;
const PER_SECOND = 100;
const MEGABYTE = 1_000_000;

const USAGE = `usage: npm run bench:live -- [options]

  --sockets N  the number of clients, a multiple of ${SHARED} (default 1000)
  --seconds N  the duration (default 20)
  --json FILE  writes the figures to FILE
`;

const { values: options } = parseOrExit(USAGE, {
  options: {
    sockets: { type: "string", default: "1000" },
    seconds: { type: "string", default: "20" },
    json: { type: "string" },
  },
});
const sockets = Number(options.sockets);
const seconds = Number(options.seconds);
if (!(sockets >= SHARED) || sockets % SHARED !== 0)
  refuse(`--sockets must be a multiple of ${SHARED}.`, USAGE);
if (!(seconds >= 1)) refuse("--seconds must be at least 1.", USAGE);
const root = resolve(dirname(process.argv[1] ?? ""), "../../..");
process.exitCode = await main();

async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "live-"));
  const children: Child[] = [];
  const start = async (file: string, args: readonly string[] = []): Promise<Child> => {
    const child = await Child.start(root, `quality/bench/live/${file}`, args);
    children.push(child);
    return child;
  };
  try {
    const server = await start("server.child.ts", [join(root, "quality/bench/live/project"), directory]);
    const clients = await start("clients.child.ts");
    const subscribers: Subscribers = {
      url: await server.ask("url"),
      sockets,
      queries: QUERIES,
      shared: SHARED,
    };
    const before = await server.ask<number>("memory");
    await clients.ask("open", subscribers);
    const open = await server.ask<number>("memory");
    const sending: Sending = { perSecond: PER_SECOND, seconds };
    // Warms up the functions of both processes.
    await clients.ask("send", { perSecond: PER_SECOND, seconds: Math.min(3, seconds) });
    const processor = await server.ask<number>("processorMs");
    const delivered = await clients.ask<Delivered>("send", sending);
    const used = (await server.ask<number>("processorMs")) - processor;
    return report(delivered, { before, open, after: await server.ask<number>("memory"), used });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Server {
  readonly before: number;
  readonly open: number;
  readonly after: number;
  /** Processor time in milliseconds. */
  readonly used: number;
}

function report({ mutations, latencies, missing }: Delivered, { before, open, after, used }: Server): number {
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  const figures: Figure[] = [
    { name: "mutations", value: mutations, unit: "" },
    { name: "missing deliveries", value: missing, unit: "", goal: atMost(0) },
    { name: "commit to delivery, median", value: quantile(0.5), unit: "ms" },
    { name: "commit to delivery, p99", value: quantile(0.99), unit: "ms" },
    { name: "commit to delivery, slowest", value: latencies.at(-1) ?? 0, unit: "ms" },
    { name: "processor time per mutation", value: used / mutations, unit: "ms" },
    { name: "memory without clients", value: before / MEGABYTE, unit: "MB" },
    { name: "memory with clients", value: open / MEGABYTE, unit: "MB" },
    { name: "memory at the end", value: after / MEGABYTE, unit: "MB" },
  ];
  console.log(
    `${sockets} sockets × ${QUERIES} queries, ${PER_SECOND} mutations/s, each for ${SHARED} sockets`,
  );
  console.log(`${tableOf(figures)}\n${machine()}`);
  if (options.json !== undefined) write(options.json, JSON.stringify(figures, null, 2));
  return figures.some((figure) => verdictOf(figure) === "missed") ? 1 : 0;
}
