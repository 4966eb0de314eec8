import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { json, nextOf, page, problem } from "../../../convex/http/testing/replies.testing";
import { uniqueName, deleteAfterTest, callerFor, keyWith, create, root } from "./client";
import { describeWith } from "./describeWith";

describeWith(["--key", "createItem"], "items", () => {
  test("an item is created, fetched, changed and deleted", async () => {
    const name = uniqueName();
    const { reply, body, at } = await create("/api/items", { name: ` ${name} `, description: "M8" });
    expect(reply.headers.get("location")).toBe(at);
    expect(body).toMatchObject({ name, description: "M8" });
    expect(await json(root("GET", at))).toEqual(body);

    const changed = await json(root("PATCH", at, { description: null }));
    expect(changed).not.toHaveProperty("description");
    expect(changed).toMatchObject({ id: body["id"], name, createdAt: body["createdAt"] });

    expect((await root("DELETE", at)).status).toBe(204);
    await problem(root("GET", at), 404, "not_found");
  });

  test("every field of a body is validated", async () => {
    const bad = { name: "", description: 7, owner: "me" };
    const { errors } = await problem(root("POST", "/api/items", bad), 400, "invalid_request");
    expect(errors?.map(({ path }) => path).sort()).toEqual(["description", "name", "owner"]);
    const { detail } = await problem(root("POST", "/api/items", {}), 400, "invalid_request");
    expect(detail).toBe("Missing required field: name");
  });

  test("a key allows only what its scopes allow, on the items of its user", async () => {
    const { at, body } = await create("/api/items", { name: uniqueName() });
    const reader = callerFor((await keyWith(["items:read"])).key);
    expect(await json(reader("GET", at))).toEqual(body);
    await problem(reader("DELETE", at), 403, "insufficient_scope");
  });
});

describeWith(["--key", "createItem"], "conditional requests", () => {
  test("If-None-Match with the current ETag gets 304", async () => {
    const { at, reply } = await create("/api/items", { name: uniqueName() });
    const tag = reply.headers.get("etag") ?? "";
    for (const held of [tag, `W/${tag}`, "*", `"other", ${tag}`]) {
      const again = await root("GET", at, undefined, { "If-None-Match": held });
      expect([again.status, again.headers.get("etag")]).toEqual([304, tag]);
    }
    expect((await root("GET", at, undefined, { "If-None-Match": '"other"' })).status).toBe(200);
  });

  test("If-Match with an old ETag gets 412, and changes nothing", async () => {
    const { at, reply } = await create("/api/items", { name: uniqueName() });
    const seen = { "If-Match": reply.headers.get("etag") ?? "" };
    const first = await root("PATCH", at, { description: "first" }, seen);
    expect(first.headers.get("etag")).not.toBe(seen["If-Match"]);
    await problem(root("PATCH", at, { description: "second" }, seen), 412, "precondition_failed");
    await problem(root("DELETE", at, undefined, seen), 412, "precondition_failed");
    expect(await json(root("GET", at))).toEqual(await json(first));
    const current = { "If-Match": first.headers.get("etag") ?? "" };
    expect((await root("DELETE", at, undefined, current)).status).toBe(204);
  });
});

describeWith(["--key", "createItem"], "idempotency", () => {
  test("a repeated creation returns the same item", async () => {
    const name = uniqueName();
    const header = { "Idempotency-Key": randomUUID() };
    const first = await root("POST", "/api/items", { name }, header);
    const item = await json(first, 201);
    deleteAfterTest(`/api/items/${String(item["id"])}`);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    const again = await root("POST", "/api/items", { name }, header);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await json(again, 201)).toEqual(item);
  });

  test("simultaneous copies create one item; each gets its reply or 409", async () => {
    const header = { "Idempotency-Key": randomUUID() };
    const body = { name: uniqueName() };
    const copies = await Promise.all(
      Array.from({ length: 4 }, () => root("POST", "/api/items", body, header)),
    );
    const item = await json(root("POST", "/api/items", body, header), 201);
    deleteAfterTest(`/api/items/${String(item["id"])}`);
    for (const copy of copies) {
      if (copy.status === 409) await problem(copy, 409, "conflict");
      else expect(await json(copy, 201)).toEqual(item);
    }
  });

  test("a key that was used for another request is refused", async () => {
    const header = { "Idempotency-Key": randomUUID() };
    const item = await json(root("POST", "/api/items", { name: uniqueName() }, header), 201);
    deleteAfterTest(`/api/items/${String(item["id"])}`);
    const other = root("POST", "/api/items", { name: uniqueName() }, header);
    await problem(other, 422, "idempotency_key_reused");
  });
});

describeWith(["--key", "createItem"], "lists", () => {
  test("following the links returns each item once, newest first, while items are added", async () => {
    const names: string[] = [];
    for (let n = 0; n < 5; n++)
      names.unshift(String((await create("/api/items", { name: uniqueName() })).body["name"]));
    const met: string[] = [];
    let path: string | undefined = "/api/items?limit=2";
    // The list may also contain items of other tests.
    while (path !== undefined && !names.every((name) => met.includes(name))) {
      const reply = await root("GET", path);
      met.push(...(await page(reply)).map(({ name }) => String(name)));
      path = nextOf(reply);
      expect(path ?? "limit=2").toContain("limit=2");
      if (met.length === 2) await create("/api/items", { name: uniqueName() });
    }
    expect(met.filter((name) => names.includes(name))).toEqual(names);
  });

  test("the last page has no next link", async () => {
    const { key } = await keyWith(["keys:read"]);
    const reply = await callerFor(key)("GET", "/api/keys?limit=100");
    const keys = await page(reply);
    expect(nextOf(reply) === undefined || keys.length === 100).toBe(true);
  });

  test.each(["limit=0", "limit=101", "limit=ten", "limit=1&limit=2", "unknown=1"])(
    "%s is refused",
    async (query) => {
      await problem(root("GET", `/api/items?${query}`), 400, "invalid_request");
    },
  );

  test("an invalid cursor is refused", async () => {
    await problem(root("GET", "/api/items?cursor=nothing"), 400, "invalid_cursor");
  });
});
