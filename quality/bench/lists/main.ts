/**
 * Measures the time of a page of 20 in a large list: `npm run bench:lists -- [--documents N] [--rounds N]`. Two servers, one with 100 documents
 * in each table and one with N, answer the same requests in turns: each filter, each combination of filters, both orders and ranges.
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
const BATCH = 50;
const WARM_UP = 20;

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "200" },
    json: { type: "string" },
  },
});
const many = Number(values.documents);
const rounds = Number(values.rounds);

/** The queries of each list, without `limit`. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  "/api/items": ["", "order=asc", "q=rare7x"],
  "/api/files": ["visibility=public"],
  "/api/users": ["", "email=user7@example.com"],
  "/api/keys": ["status=active", "status=revoked"],
  "/api/jobs": ["status=failed"],
  "/api/payments": ["customerId=cus_1", "paymentStatus=paid", "customerId=cus_1&paymentStatus=paid"],
  "/api/subscriptions": ["customerId=cus_1", "status=active", "customerId=cus_1&status=active"],
  "/api/webhook-events": [
    "source=stripe",
    "status=success",
    "type=paid",
    "source=stripe&status=success",
    "source=stripe&type=paid",
    "status=success&type=paid",
    "source=stripe&status=success&type=paid",
    "source=stripe&order=asc",
  ],
  "/api/webhook-endpoints/ENDPOINT/deliveries": ["", "status=failed"],
};

/** A server with a number of documents in each table. */
async function serverWith(documents: number, directory: string) {
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
    await filler.run("fill:batch", { ...ids, storageId, from, count });
    if (from % 20_000 === 0 && from > 0)
      console.error(`${from.toLocaleString("en")} documents in each table`);
  }
  await filler.close();
  const server = await startServer({ project: process.cwd(), data, port: 0, env: { ...NO_RATE_LIMITS } });
  // Otherwise the list of revoked keys would measure the time before the migration.
  for (;;) if ((await server.run("migrations:markRevokedKeys", {})) !== null) break;
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

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "bench-lists-"));
  const servers = [await serverWith(FEW, directory), await serverWith(many, directory)] as const;
  const [small, large] = servers;
  // Each request has another time, so that the cache of queries answers none.
  let future = Date.now() + 3_600_000;
  const unique = () => `createdBefore=${new Date(future++).toISOString()}`;
  const figures: Figure[] = [];
  for (const [path, queries] of Object.entries(QUERIES)) {
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
      console.log(
        `${path}?${query}  ${median(times.few).toFixed(2)} ms, ${median(times.many).toFixed(2)} ms`,
      );
    }
  }
  console.log(tableOf(figures));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, null, 2));
  for (const server of servers) await server.close();
  await rm(directory, { recursive: true });
  if (figures.some((figure) => verdictOf(figure) === "missed")) process.exitCode = 1;
}

await main();
