/**
 * Measures the time of a page of 20 in a large list: `npm run bench:lists -- [--documents N] [--rounds N] [--table NAME …]`. Two
 * servers, one with 100 documents in the table and one with N, answer the same requests in turns: each filter, each combination of filters, and
 * both orders. Each table is filled, measured and deleted before the next one.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "convex-embedded/testing/server";
import { newApiKey } from "../../../convex/identity/apiKey.lib";
import { NO_RATE_LIMITS } from "../../lib/server";
import { atMost, tableOf, verdictOf, type Figure } from "../lib/figures";
import { median, medianRatio } from "../lib/statistics";

const FEW = 100;
/** Documents that one mutation inserts. With many indexes, more would reach the time limit of functions on a busy machine. */
const BATCH = 1_000;
const WARM_UP = 20;

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "200" },
    table: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
  },
});
const many = Number(values.documents);
const rounds = Number(values.rounds);

type List = {
  table: string;
  path: string;
  /** The queries without `limit`. */
  queries: readonly string[];
};

const LISTS: readonly List[] = [
  { table: "items", path: "/api/items", queries: ["", "order=asc", "q=rare7x"] },
  { table: "files", path: "/api/files", queries: ["", "visibility=public"] },
  { table: "users", path: "/api/users", queries: ["", "email=user7@example.com"] },
  { table: "apiKeys", path: "/api/keys", queries: ["", "status=active", "status=revoked"] },
  { table: "jobs", path: "/api/jobs", queries: ["", "status=failed"] },
  {
    table: "payments",
    path: "/api/payments",
    queries: ["", "customerId=cus_1", "paymentStatus=paid", "customerId=cus_1&paymentStatus=paid"],
  },
  {
    table: "subscriptions",
    path: "/api/subscriptions",
    queries: ["", "customerId=cus_1", "status=active", "customerId=cus_1&status=active"],
  },
  {
    table: "webhookEvents",
    path: "/api/webhook-events",
    queries: [
      "source=stripe",
      "status=success",
      "type=paid",
      "source=stripe&status=success",
      "source=stripe&type=paid",
      "status=success&type=paid",
      "source=stripe&status=success&type=paid",
      "source=stripe&order=asc",
    ],
  },
  {
    table: "webhookDeliveries",
    path: "/api/webhook-endpoints/ENDPOINT/deliveries",
    queries: ["", "status=failed"],
  },
];

/** A server with a number of documents in a table. */
async function serverWith(table: string, documents: number, directory: string) {
  const data = join(directory, String(documents));
  const { key, ...parts } = await newApiKey();
  const filler = await startServer({
    project: join(process.cwd(), "quality/bench/lists/project"),
    data,
    port: 0,
    env: {},
  });
  const storageId = await filler.run("fill:store", {});
  const ids = (await filler.run("fill:begin", parts)) as { endpointId: string };
  for (let from = 0; from < documents; from += BATCH) {
    const count = Math.min(BATCH, documents - from);
    await filler.run("fill:batch", { ...ids, storageId, table, from, count });
  }
  await filler.close();
  const server = await startServer({ project: process.cwd(), data, port: 0, env: { ...NO_RATE_LIMITS } });
  // Otherwise the list of revoked keys would measure the time before the migration.
  if (table === "apiKeys") for (;;) if ((await server.run("migrations:markRevokedKeys", {})) !== null) break;
  await server.idle();
  return {
    /** Returns the milliseconds of a request. */
    async time(path: string): Promise<number> {
      const url = server.url + path.replace("ENDPOINT", ids.endpointId);
      const start = performance.now();
      const reply = await fetch(url, { headers: { "X-API-Key": key } });
      const body = (await reply.json()) as unknown;
      const ms = performance.now() - start;
      const expected = /email=|q=/.test(path) ? 1 : 20;
      if (!Array.isArray(body) || body.length !== expected)
        throw new Error(`${path}: ${reply.status} ${JSON.stringify(body).slice(0, 500)}`);
      return ms;
    },
    close: () => server.close(),
  };
}

let future = Date.now() + 3_600_000;
/** Returns another time for each request, so that the cache of queries answers none. */
const unique = (): string => `createdBefore=${new Date(future++).toISOString()}`;

/** Fills a table and measures each query of its list. */
async function measured({ table, path, queries }: List): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "bench-lists-"));
  const started = performance.now();
  const [small, large] = [
    await serverWith(table, FEW, directory),
    await serverWith(table, many, directory),
  ] as const;
  console.error(`${table}: filled in ${Math.round((performance.now() - started) / 1000)} s`);
  const figures: Figure[] = [];
  try {
    for (const query of queries) {
      const times: { few: number[]; many: number[] } = { few: [], many: [] };
      for (let round = 0; round < WARM_UP + rounds; round++) {
        const isSearch = query.startsWith("q=");
        const more = isSearch ? `${query}%20none${round}` : `${query}&${unique()}`;
        const request = `${path}?limit=20&${more}`;
        const [one, other] = [await small.time(request), await large.time(request)];
        if (round < WARM_UP) continue;
        times.few.push(one);
        times.many.push(other);
      }
      const name = `GET ${path}?${query}: ${many.toLocaleString("en")} / ${FEW} documents`;
      figures.push({ name, value: medianRatio(times.many, times.few), unit: "×", goal: atMost(1.3) });
      console.error(
        `${path}?${query}  ${median(times.few).toFixed(2)} ms, ${median(times.many).toFixed(2)} ms`,
      );
    }
  } finally {
    for (const server of [small, large]) await server.close();
    await rm(directory, { recursive: true });
  }
  return figures;
}

async function main(): Promise<void> {
  const lists = LISTS.filter(({ table }) => values.table.length === 0 || values.table.includes(table));
  if (lists.length === 0) throw new Error(`--table is one of ${LISTS.map(({ table }) => table).join(", ")}`);
  const figures: Figure[] = [];
  for (const list of lists) figures.push(...(await measured(list)));
  console.log(tableOf(figures));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, null, 2));
  if (figures.some((figure) => verdictOf(figure) === "missed")) process.exitCode = 1;
}

await main();
