/** Measures requests per second of the embedded runtime and of the floor, in alternating turns. */
import { join } from "node:path";
import { median, medianRatio } from "../lib/statistics";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { atLeast, atMost } from "../lib/figures";
import type { Load, Loaded } from "../lib/load.child";
import type { Reads } from "./svg";

export interface Plan {
  readonly root: string;
  /** A directory for the databases. */
  readonly directory: string;
  readonly load: Child;
  readonly rounds: number;
  /** The length of one turn in a round. */
  readonly milliseconds: number;
  readonly warmUpMs: number;
  readonly say: (line: string) => void;
}

interface Pair {
  readonly documents: number;
  readonly floor: Server;
  readonly embedded: Server;
}

interface Server {
  readonly child: Child;
  readonly port: number;
  readonly ids: readonly string[];
}

const READERS = 16;
const WRITERS = 50;
/** Ids to read. They are spread over the whole table. */
const KEPT_IDS = 5_000;
const BULK = 2_000;

/**
 * Measures reads at each size, then inserts at the second size.
 *
 * @param sizes the numbers of documents, smallest first.
 */
export async function measureTraffic(
  plan: Plan,
  sizes: readonly number[],
): Promise<{ figures: Figure[]; reads: Reads[] }> {
  const pairs: Pair[] = [];
  try {
    for (const documents of sizes) pairs.push(await startPair(plan, documents));
    const reads = await measureReads(plan, pairs);
    const inserts = await measureInserts(plan, pairs[Math.min(1, pairs.length - 1)] as Pair);
    return { figures: [...reads.figures, ...inserts], reads: reads.reads };
  } finally {
    await Promise.all(pairs.flatMap(({ floor, embedded }) => [floor.child.stop(), embedded.child.stop()]));
  }
}

async function startPair({ root, directory, say }: Plan, documents: number): Promise<Pair> {
  const start = async (file: string, args: string[]): Promise<Server> => {
    const child = await Child.start(root, file, args);
    const keep = Math.max(1, Math.ceil((KEPT_IDS * BULK) / documents));
    const ids = await child.ask<string[]>("fill", { count: documents, keep }, (progress) =>
      say(`${documents.toLocaleString("en")} documents: ${progress} so far`),
    );
    return { child, ids, port: await child.ask<number>("port") };
  };
  const own = join(directory, String(documents));
  say(`${documents.toLocaleString("en")} documents: the floor`);
  const floor = await start("quality/bench/embedded/floor.child.ts", [own]);
  const embedded = await start("quality/bench/embedded/embedded.child.ts", [
    join(root, "quality/bench/embedded/project"),
    join(own, "data"),
  ]);
  return { documents, floor, embedded };
}

async function measureReads(
  plan: Plan,
  pairs: readonly Pair[],
): Promise<{ figures: Figure[]; reads: Reads[] }> {
  const get = ({ port, ids }: Server): Load => ({
    port,
    connections: READERS,
    milliseconds: plan.milliseconds,
    requests: ids.map((id) => `GET /items/${id} HTTP/1.1\r\nHost: bench\r\n\r\n`),
    expected: "HTTP/1.1 200",
  });
  const loads = pairs.flatMap(({ floor, embedded }) => [get(floor), get(embedded)]);
  const rates = await inTurns(plan, "GET by id", loads);

  const figures: Figure[] = [];
  const reads: Reads[] = [];
  pairs.forEach(({ documents }, i) => {
    const [floor = [], own = []] = rates.slice(i * 2);
    const name = `GET by id, ${documents.toLocaleString("en")} documents`;
    figures.push({ name: `${name} / floor`, value: medianRatio(own, floor), unit: "×", goal: atLeast(0.35) });
    figures.push(
      { name, value: median(own), unit: "/s" },
      { name: `${name}: floor`, value: median(floor), unit: "/s" },
    );
    reads.push({ documents, floor: median(floor), embedded: median(own) });
  });
  const [, few = []] = rates;
  const many = rates.at(-1) ?? [];
  figures.push({
    name: `GET by id: fewest documents / most`,
    value: medianRatio(few, many),
    unit: "×",
    goal: atMost(1.3),
  });
  return { figures, reads };
}

async function measureInserts(plan: Plan, { floor, embedded }: Pair): Promise<Figure[]> {
  const body = JSON.stringify({ owner: "ada", name: "bolt" });
  const head = `POST /items HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const post = ({ port }: Server): Load => ({
    port,
    connections: WRITERS,
    milliseconds: plan.milliseconds,
    requests: [`${head}\r\n\r\n${body}`],
    expected: "HTTP/1.1 201",
  });
  const [byHand = [], own = []] = await inTurns(plan, "durable inserts", [post(floor), post(embedded)]);
  return [
    { name: "durable inserts / floor", value: medianRatio(own, byHand), unit: "×", goal: atLeast(0.35) },
    { name: "durable inserts", value: median(own), unit: "/s" },
    { name: "durable inserts: floor", value: median(byHand), unit: "/s" },
  ];
}

/** Returns the requests per second of each load in each round. A round gives every load a turn. */
async function inTurns(plan: Plan, what: string, loads: readonly Load[]): Promise<number[][]> {
  const { load, rounds, warmUpMs, say } = plan;
  say(`${what}: warming up`);
  for (const work of loads) await load.ask<Loaded>("load", { ...work, milliseconds: warmUpMs });
  const rates: number[][] = loads.map(() => []);
  for (let round = 0; round < rounds; round++) {
    say(`${what}: round ${round + 1} of ${rounds}`);
    for (const [i, work] of loads.entries()) {
      rates[i]?.push((await load.ask<Loaded>("load", work)).perSecond);
    }
  }
  return rates;
}
