/** `QUOTA_ITEMS`: the number of items that an owner may store. */
import { describe, expect, test } from "vitest";
import { as, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";

const create = (call: Call) => call("POST", "/api/items", { name: "bolt" });
const batch = (call: Call, size: number) =>
  call("POST", "/api/items/batch", Array(size).fill({ name: "bolt" }));
const refused = async (reply: Promise<Response>) => (await problem(reply, 403, "quota_exceeded")).detail;

describe("QUOTA_ITEMS=5", () => {
  useEngine({ env: { QUOTA_ITEMS: "5" } });

  test("of 20 concurrent requests, five succeed, and the refusal names the quota", async () => {
    const call = await as("crowd");
    const replies = await Promise.all(Array.from({ length: 20 }, () => create(call)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 403)).toHaveLength(15);
    expect(await page(call("GET", "/api/items?limit=100"))).toHaveLength(5);
    expect(await refused(create(call))).toBe("An owner has at most 5 items");
    await json(create(await as("other")), 201);
  });

  test("a batch fits or is refused as a whole", async () => {
    const call = await as("batches");
    expect((await batch(call, 3)).status).toBe(201);
    expect(await refused(batch(call, 3))).toBe("An owner has at most 5 items");
    expect(await page(call("GET", "/api/items"))).toHaveLength(3);
    expect((await batch(call, 2)).status).toBe(201);
  });

  test("a deleted item gives its place back, once", async () => {
    const call = await as("deleter");
    const { id } = await json(create(call), 201);
    for (let n = 1; n < 5; n++) await json(create(call), 201);
    expect((await call("DELETE", `/api/items/${String(id)}`)).status).toBe(204);
    await problem(call("DELETE", `/api/items/${String(id)}`), 404, "not_found");
    await json(create(call), 201);
    await refused(create(call));
  });

  test("a replay by Idempotency-Key takes nothing, also when the quota is used up", async () => {
    const call = await as("repeater");
    const repeat = () => call("POST", "/api/items", { name: "bolt" }, { "Idempotency-Key": "one" });
    for (let n = 0; n < 3; n++) await json(repeat(), 201);
    for (let n = 1; n < 5; n++) await json(create(call), 201);
    await json(repeat(), 201);
    await refused(create(call));
  });
});

describe("QUOTA_ITEMS=0", () => {
  useEngine({ env: { QUOTA_ITEMS: "0" } });

  test("allows any number", async () => {
    const call = await as("unlimited");
    for (let n = 0; n < 8; n++) await json(create(call), 201);
  });
});
