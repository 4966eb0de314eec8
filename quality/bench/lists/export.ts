/**
 * Measures an export: `npm run bench:export -- [--items N]`. A client follows `next` to the last item, and checks that each item comes
 * once. The resident memory of the server is sampled meanwhile.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "convex-embedded/testing/server";
import { newApiKey } from "../../../convex/identity/apiKey.lib";
import { ServerProcess } from "../../lib/server";
import { residentBytes } from "../../lib/usage";
import { atMost, tableOf, verdictOf, type Figure } from "../lib/figures";

const BATCH = 2_000;
const SAMPLE_MS = 100;
const MB = 1e6;
/** The platform's limit on a reply. */
const MAX_BYTES = 20 * 1024 * 1024;

const { values } = parseArgs({
  options: { items: { type: "string", default: "1000000" }, json: { type: "string" } },
});
const count = Number(values.items);

/** Inserts the items of one owner. Returns the owner's key. */
async function fill(data: string): Promise<string> {
  const { key, ...parts } = await newApiKey();
  const project = join(process.cwd(), "quality/bench/lists/project");
  const filler = await startServer({ project, data, port: 0, env: {} });
  const { ownerId } = (await filler.run("fill:begin", parts)) as { ownerId: string };
  for (let from = 0; from < count; from += BATCH) {
    await filler.run("fill:items", { ownerId, from, count: Math.min(BATCH, count - from) });
    if (from % 100_000 === 0 && from > 0) console.error(`${from.toLocaleString("en")} items`);
  }
  await filler.close();
  return key;
}

type Part = { items: number; bytes: number; ms: number; memory: number; next: string | undefined };

/** Reads one reply, line by line. @param seen The number of items before it. */
async function read(server: ServerProcess, path: string, key: string, seen: number): Promise<Part> {
  const part: Part = { items: 0, bytes: 0, ms: 0, memory: 0, next: undefined };
  const sample = () => (part.memory = Math.max(part.memory, residentBytes(server.pid)));
  const timer = setInterval(sample, SAMPLE_MS);
  const start = performance.now();
  try {
    const reply = await fetch(server.url + path, { headers: { "X-API-Key": key } });
    if (reply.status !== 200 || !reply.body)
      throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of reply.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
      part.bytes += bytes.byteLength;
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(JSON.parse(line) as { name?: string; next?: string }, part, seen);
    }
    if (rest !== "") throw new Error(`${path}: the last line is incomplete`);
  } finally {
    clearInterval(timer);
  }
  sample();
  return { ...part, ms: performance.now() - start };
}

/** Counts a line. The names of the items tell their order. */
function take(line: { name?: string; next?: string }, part: Part, seen: number): void {
  if (line.next !== undefined) part.next = line.next;
  else if (line.name === `part ${seen + part.items}`) part.items++;
  else throw new Error(`after ${seen + part.items} items: ${JSON.stringify(line).slice(0, 500)}`);
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "bench-export-"));
  const key = await fill(directory);
  const server = await ServerProcess.start({ data: directory, discardLog: true });
  const parts: Part[] = [];
  try {
    let seen = 0;
    for (let path: string | undefined = "/api/items/export"; path !== undefined;) {
      const part: Part = await read(server, path, key, seen);
      parts.push(part);
      seen += part.items;
      path = part.next;
      const { items, bytes, ms, memory } = part;
      console.error(`${items} items, ${bytes} bytes, ${Math.round(ms)} ms, ${Math.round(memory / MB)} MB`);
    }
    if (seen !== count) throw new Error(`${seen} of ${count} items were exported`);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true });
  }
  const figures = figuresOf(parts);
  console.log(tableOf(figures));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, null, 2));
  if (figures.some((figure) => verdictOf(figure) === "missed")) process.exitCode = 1;
}

function figuresOf(parts: readonly Part[]): Figure[] {
  const most = (field: "bytes" | "ms" | "memory") => Math.max(...parts.map((part) => part[field]));
  const ms = parts.reduce((sum, part) => sum + part.ms, 0);
  return [
    { name: "replies", value: parts.length, unit: "" },
    { name: "items", value: (count / ms) * 1000, unit: "/s" },
    { name: "the longest reply", value: most("ms"), unit: "ms", goal: atMost(25_000) },
    { name: "the largest reply", value: most("bytes") / MB, unit: "MB", goal: atMost(MAX_BYTES / MB) },
    { name: "memory: maximum", value: most("memory") / MB, unit: "MB" },
    {
      name: "memory: maximum / the first reply",
      value: most("memory") / (parts[0]?.memory ?? NaN),
      unit: "×",
      goal: atMost(1.3),
    },
  ];
}

await main();
