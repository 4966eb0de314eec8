import { describe, expect, expectTypeOf, test } from "vitest";
import { internal } from "../../_generated/api";
import { as, run, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";
import { toItem } from "../../views/item.lib";
import type { Shape } from "../kit/contract.kit";
import type { Item } from "./items.contract";

useEngine();

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("creating", () => {
  test("a created item can be fetched at its Location", async () => {
    const call = await as("ada");
    const created = await call("POST", "/api/items", { name: " bolt ", description: "M8" });
    const item = await json(created, 201);
    const location = created.headers.get("location") ?? "";
    expect(location).toBe(`/api/items/${String(item["id"])}`);
    const fetched = await call("GET", location);
    expect(await json(fetched)).toEqual(item);
    expect(fetched.headers.get("etag")).toBe(created.headers.get("etag"));
  });

  test("an item has a trimmed name and times in UTC, and no internal fields", async () => {
    const call = await as("ada");
    const item = await json(call("POST", "/api/items", { name: " bolt ", description: "M8" }), 201);
    expect(item).toEqual({
      id: expect.any(String) as string,
      name: "bolt",
      description: "M8",
      createdAt: expect.stringMatching(TIME) as string,
      updatedAt: expect.stringMatching(TIME) as string,
    });
  });

  test("lengths are counted in code points, as in the OpenAPI document", async () => {
    const call = await as("ada");
    const longest = { name: "😀".repeat(200), description: "𝒳".repeat(4000) };
    expect(await json(call("POST", "/api/items", longest), 201)).toMatchObject(longest);
    for (const field of ["name", "description"] as const) {
      const body = { ...longest, [field]: `${longest[field]}x` };
      const { errors } = await problem(call("POST", "/api/items", body), 400, "invalid_request");
      expect(errors).toMatchObject([{ in: "body", path: field }]);
    }
  });

  test("an item without a description has no such field", async () => {
    const call = await as("ada");
    expect(await json(call("POST", "/api/items", { name: "bolt" }), 201)).not.toHaveProperty("description");
  });

  test.each([
    [{}, "Missing required field: name", "name"],
    [{ name: "" }, "name: must not be empty", "name"],
    [{ name: "   " }, "name: must not be empty", "name"],
    [{ name: 7 }, "name: must be a string", "name"],
    [{ name: "x".repeat(201) }, "name: must have at most 200 characters", "name"],
    [{ name: "bolt", description: null }, "description: must be a string", "description"],
    [
      { name: "bolt", description: "x".repeat(4001) },
      "description: must have at most 4000 characters",
      "description",
    ],
    [{ name: "bolt", owner: "eve" }, "owner: is not a known field", "owner"],
    [[], "body: must be an object", ""],
    ["bolt", "body: must be an object", ""],
    [null, "body: must be an object", ""],
  ])("%j is refused: %s", async (body, detail, path) => {
    const call = await as("ada");
    const refused = await problem(call("POST", "/api/items", body), 400, "invalid_request");
    expect(refused.detail).toBe(detail);
    expect(refused.errors).toMatchObject([{ in: "body", path }]);
  });

  test("the reply lists every invalid field, and its detail summarizes them", async () => {
    const call = await as("ada");
    const body = { name: "", description: 7, colour: "red" };
    const { detail, errors } = await problem(call("POST", "/api/items", body), 400, "invalid_request");
    expect(detail).toBe("3 fields are invalid: name, description, colour");
    expect(errors).toEqual([
      { in: "body", path: "name", message: "must not be empty" },
      { in: "body", path: "description", message: "must be a string" },
      { in: "body", path: "colour", message: "is not a known field" },
    ]);
  });
});

describe("a repeated creation", () => {
  const create = (call: Call, key: string, name: string) =>
    call("POST", "/api/items", { name }, { "Idempotency-Key": key });

  test("returns the same item with Idempotency-Replayed, also under concurrent duplicates", async () => {
    const call = await as("repeater");
    const replies = await Promise.all(Array.from({ length: 30 }, () => create(call, "repeat", "bolt")));
    expect(replies.filter((reply) => reply.headers.has("idempotency-replayed"))).toHaveLength(29);
    expect(new Set(replies.map((reply) => reply.headers.get("location"))).size).toBe(1);
    const made = await Promise.all(replies.map((reply) => json(reply, 201)));
    expect(await page(call("GET", "/api/items"))).toEqual([made[0]]);
    for (const item of made) expect(item).toEqual(made[0]);
  });

  test("with the key of another item is refused", async () => {
    const call = await as("reuser");
    const made = await json(create(call, "reused", "bolt"), 201);
    await problem(create(call, "reused", "nut"), 422, "idempotency_key_reused");
    expect(await page(call("GET", "/api/items"))).toEqual([made]);
  });
});

describe("changing", () => {
  test("a PATCH changes only the fields in its body", async () => {
    const call = await as("ada");
    const before = await json(call("POST", "/api/items", { name: "bolt", description: "M8" }), 201);
    const path = `/api/items/${String(before["id"])}`;
    const after = await json(call("PATCH", path, { name: "nut" }));
    expect(after).toEqual({ ...before, name: "nut", updatedAt: after["updatedAt"] });
    expect(await json(call("GET", path))).toEqual(after);
  });

  test("a description of null removes the description", async () => {
    const call = await as("ada");
    const { id } = await json(call("POST", "/api/items", { name: "bolt", description: "M8" }), 201);
    const after = await json(call("PATCH", `/api/items/${String(id)}`, { description: null }));
    expect(after).not.toHaveProperty("description");
  });

  test("a refused change does not change the item", async () => {
    const call = await as("ada");
    const before = await json(call("POST", "/api/items", { name: "bolt" }), 201);
    const path = `/api/items/${String(before["id"])}`;
    await problem(call("PATCH", path, { name: "" }), 400, "invalid_request");
    await problem(call("PATCH", path, { id: "mine" }), 400, "invalid_request");
    expect(await json(call("GET", path))).toEqual(before);
  });
});

describe("deleting", () => {
  test("a deleted item returns 404", async () => {
    const call = await as("ada");
    const { id } = await json(call("POST", "/api/items", { name: "bolt" }), 201);
    const path = `/api/items/${String(id)}`;
    const deleted = await call("DELETE", path);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    for (const method of ["GET", "DELETE"]) await problem(call(method, path), 404, "not_found");
    await problem(call("PATCH", path, { name: "nut" }), 404, "not_found");
  });

  test("deleting a user deletes the user's items and no other user's items", async () => {
    const [leaver, stayer] = [await as("leaver"), await as("stayer")];
    await json(leaver("POST", "/api/items", { name: "bolt" }), 201);
    const kept = await json(stayer("POST", "/api/items", { name: "kept" }), 201);
    expect((await leaver("DELETE", `/api/users/${leaver.userId}`)).status).toBe(204);
    await settle();
    const left = { ownerId: leaver.userId, limit: 1 };
    expect((await run("query", internal.items.list, left)).docs).toEqual([]);
    expect(await page(stayer("GET", "/api/items"))).toEqual([kept]);
  });
});

describe("owners", () => {
  test("another owner's item returns the same 404 as a missing item", async () => {
    const [ada, eve] = [await as("ada"), await as("eve")];
    const item = await json(ada("POST", "/api/items", { name: "bolt" }), 201);
    const path = `/api/items/${String(item["id"])}`;
    for (const [method, body] of [["GET"], ["PATCH", { name: "mine" }], ["DELETE"]] as const) {
      const { detail } = await problem(eve(method, path, body), 404, "not_found");
      expect(detail).toBe(`No item ${String(item["id"])}`);
    }
    expect(await json(ada("GET", path))).toEqual(item);
  });

  test("two keys of one owner see the same items", async () => {
    const [first, second] = [await as("ada"), await as("ada")];
    const created = await first("POST", "/api/items", { name: "bolt" });
    const path = created.headers.get("location") ?? "";
    expect(await json(second("GET", path))).toEqual(await json(created, 201));
  });
});

describe("the path", () => {
  test("a trailing slash makes no difference", async () => {
    const call = await as("ada");
    const created = await call("POST", "/api/items/", { name: "bolt" });
    const path = created.headers.get("location") ?? "";
    expect(await json(call("GET", `${path}/`))).toEqual(await json(created, 201));
    expect(await json(call("GET", "/api/items/?limit=1"))).toEqual(
      await json(call("GET", "/api/items?limit=1")),
    );
  });

  test("HEAD returns the headers of GET without a body", async () => {
    const call = await as("ada");
    const created = await call("POST", "/api/items", { name: "bolt" });
    for (const path of [created.headers.get("location") ?? "", "/api/items"]) {
      const [head, get] = [await call("HEAD", path), await call("GET", path)];
      expect([head.status, await head.text()]).toEqual([200, ""]);
      for (const header of ["etag", "link", "content-type", "cache-control"])
        expect(head.headers.get(header)).toBe(get.headers.get(header));
    }
    const missing = await call("HEAD", "/api/items/nothing");
    expect([missing.status, await missing.text()]).toEqual([404, ""]);
  });
});

test("events have the shape that the contract declares", () => {
  expectTypeOf(toItem).returns.toExtend<Shape<typeof Item>>();
});
