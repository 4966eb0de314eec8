/** POST /api/items/batch: many items in one transaction. */
import { expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { advanceClock, as, run, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";

useEngine();

const PATH = "/api/items/batch";
const bolts = (count: number): Json[] => Array.from({ length: count }, (_, n) => ({ name: `bolt ${n}` }));

async function made(reply: Response | Promise<Response>): Promise<Json[]> {
  const { status, ...rest } = await reply;
  expect(status, JSON.stringify(rest)).toBe(201);
  return (await (await reply).json()) as Json[];
}

const listed = (call: Call) => page(call("GET", "/api/items?limit=100"));

test("100 items are created in the order of the request, and each can be fetched", async () => {
  const call = await as("batch-100");
  const created = await made(call("POST", PATH, bolts(100)));
  expect(created.map(({ name }) => name)).toEqual(bolts(100).map(({ name }) => name));
  expect((await listed(call)).map(({ id }) => id).sort()).toEqual(created.map(({ id }) => id).sort());
  const [first] = created;
  expect(await json(call("GET", `/api/items/${String(first?.["id"])}`))).toEqual(first);
});

test.each([
  [[], "body: must not be empty", ""],
  [bolts(101), "body: must have at most 100 elements", ""],
  [{ items: bolts(1) }, "body: must be an array", ""],
  [[{ name: "bolt" }, { name: "nut" }, { name: " " }], "2.name: must not be empty", "2.name"],
  [[{ name: "bolt" }, {}], "Missing required field: 1.name", "1.name"],
  [[{ name: "bolt", owner: "eve" }], "0.owner: is not a known field", "0.owner"],
  [["bolt"], "0: must be an object", "0"],
])("%# an invalid batch creates nothing: 400 names the element", async (body, detail, path) => {
  const call = await as("batch-invalid");
  const refused = await problem(call("POST", PATH, body), 400, "invalid_request");
  expect(refused).toMatchObject({ detail, errors: [{ in: "body", path }] });
  expect(await listed(call)).toEqual([]);
});

test("a repeated batch creates nothing and returns the same items, also after they were deleted", async () => {
  const call = await as("batch-repeat");
  const once = { "Idempotency-Key": "batch" };
  const [created] = [await made(call("POST", PATH, bolts(3), once))];
  await call("DELETE", `/api/items/${String(created[0]?.["id"])}`);
  const again = await call("POST", PATH, bolts(3), once);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(await made(again)).toEqual(created);
  expect(await listed(call)).toHaveLength(2);
  await problem(call("POST", PATH, bolts(4), once), 422, "idempotency_key_reused");
});

test("a batch of almost 1 MiB is replayed in full, and its stored reply is purged after a day", async () => {
  const call = await as("batch-large");
  const once = { "Idempotency-Key": "large" };
  // Each emoji is one character, two UTF-16 units, and four bytes.
  const body = bolts(100).map((item) => ({ ...item, description: `x${"😀".repeat(2_600)}` }));
  expect(new TextEncoder().encode(JSON.stringify(body)).length).toBeGreaterThan(1_040_000);
  const created = await made(call("POST", PATH, body, once));
  const again = await call("POST", PATH, body, once);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(await made(again)).toEqual(created);
  advanceClock(25 * 60 * 60 * 1000);
  await run("mutation", internal.idempotency.purge, {});
  expect((await made(call("POST", PATH, body, once)))[0]?.["id"]).not.toBe(created[0]?.["id"]);
});
