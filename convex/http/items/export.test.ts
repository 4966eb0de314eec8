/** GET /api/items/export over HTTP. `exportStream.test.ts` controls each step of the stream. */
import { expect, test } from "vitest";
import { as, onlyOn, useEngine, type Call } from "../testing/engine.testing";
import { json, nextOf, problem, type Json } from "../testing/replies.testing";

useEngine();

const PATH = "/api/items/export";
const MIB = 1024 * 1024;

/** Creates items in order, so that the last one is the newest. */
async function fill(call: Call, items: readonly Json[]): Promise<Json[]> {
  const reply = await call("POST", "/api/items/batch", items);
  expect(reply.status).toBe(201);
  return (await reply.json()) as Json[];
}

const named = (...names: string[]) => names.map((name) => ({ name }));

async function linesAt(call: Call, path: string): Promise<{ lines: Json[]; bytes: number }> {
  const reply = await call("GET", path);
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
  const body = await reply.text();
  const lines = body
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json);
  return { lines, bytes: new TextEncoder().encode(body).length };
}

test("each line is an item as the single read shows it, the oldest first", async () => {
  const [ada, eve] = [await as("export-ada"), await as("export-eve")];
  const created = await fill(ada, [{ name: "bolt", description: "M8 ⌀" }, ...named("nut", "washer")]);
  await fill(eve, named("hers"));
  const { lines } = await linesAt(ada, PATH);
  expect(lines).toEqual(created);
  expect(await json(ada("GET", `/api/items/${String(lines[0]?.["id"])}`))).toEqual(lines[0]);
});

test("an export without items is empty", async () => {
  expect((await linesAt(await as("export-none"), PATH)).lines).toEqual([]);
});

onlyOn(
  "embedded",
  "the mock runs no functions once the handler has returned",
  "more than 20 MiB are continued at `next`: each reply is smaller, and each item is on one line",
  async () => {
    const call = await as("export-large");
    // Each emoji is one character of four bytes.
    const description = "😀".repeat(4000);
    const created: Json[] = [];
    for (let batch = 0; batch < 23; batch++) {
      const items = Array.from({ length: 60 }, (_, n) => ({ name: `bolt ${batch}-${n}`, description }));
      created.push(...(await fill(call, items)));
    }
    const exported: Json[] = [];
    let replies = 0;
    for (let path: string | undefined = PATH; path !== undefined; replies++) {
      const { lines, bytes }: Awaited<ReturnType<typeof linesAt>> = await linesAt(call, path);
      expect(bytes).toBeLessThan(20 * MIB);
      path = lines.at(-1)?.["next"] as string | undefined;
      if (path !== undefined) expect(path).toMatch(/^\/api\/items\/export\?cursor=[\w-]+$/);
      exported.push(...(path === undefined ? lines : lines.slice(0, -1)));
    }
    expect(replies).toBe(2);
    expect(exported.map(({ id }) => id)).toEqual(created.map(({ id }) => id));
  },
);

test("a cursor of a list is refused, and so is one that is made up, empty or too long", async () => {
  const call = await as("export-cursor");
  await fill(call, named("bolt", "nut"));
  const list = await call("GET", "/api/items?limit=1&order=asc");
  const ofList = new URL(nextOf(list) ?? "", "https://api.example.test").searchParams.get("cursor") ?? "";
  expect(ofList).not.toBe("");
  for (const cursor of [ofList, "WzEsImEiXQ00000000", "", "x".repeat(201)]) {
    await problem(call("GET", `${PATH}?cursor=${cursor}`), 400, "invalid_cursor");
    expect((await call("HEAD", `${PATH}?cursor=${cursor}`)).status).toBe(400);
  }
});

test.each(["limit=5", "order=desc", "cursor=a&cursor=b"])("the query %s is refused", async (query) => {
  await problem((await as("export-query"))("GET", `${PATH}?${query}`), 400, "invalid_request");
});
