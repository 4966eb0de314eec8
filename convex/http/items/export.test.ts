/** GET /api/items/export over HTTP. `exportStream.test.ts` controls each step of the stream. */
import { expect, test } from "vitest";
import { as, useEngine, type Call } from "../testing/engine.testing";
import { json, nextOf, problem, type Json } from "../testing/replies.testing";

useEngine();

const PATH = "/api/items/export";

/** Creates items in order, so that the last one is the newest. */
async function fill(call: Call, items: readonly Json[]): Promise<Json[]> {
  const reply = await call("POST", "/api/items/batch", items);
  expect(reply.status).toBe(201);
  return (await reply.json()) as Json[];
}

const named = (...names: string[]) => names.map((name) => ({ name }));

async function linesAt(call: Call, path: string): Promise<Json[]> {
  const reply = await call("GET", path);
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
  const body = await reply.text();
  return body
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json);
}

test("each line is an item as the single read shows it, the oldest first", async () => {
  const [ada, eve] = [await as("export-ada"), await as("export-eve")];
  const created = await fill(ada, [{ name: "bolt", description: "M8 ⌀" }, ...named("nut", "washer")]);
  await fill(eve, named("hers"));
  const lines = await linesAt(ada, PATH);
  expect(lines).toEqual(created);
  expect(await json(ada("GET", `/api/items/${String(lines[0]?.["id"])}`))).toEqual(lines[0]);
});

test("an export without items is empty", async () => {
  expect(await linesAt(await as("export-none"), PATH)).toEqual([]);
});

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
