import { describe, expect, test } from "vitest";
import { as, useEngine, type Call } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";

useEngine();

async function bolt(call: Call): Promise<{ path: string; etag: string }> {
  const created = await call("POST", "/api/items", { name: "bolt" });
  return { path: created.headers.get("location") ?? "", etag: created.headers.get("etag") ?? "" };
}

describe("ETag", () => {
  test("is strong and changes with every write, even a write of the same values", async () => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    const tags = [etag];
    for (let n = 0; n < 3; n++)
      tags.push((await call("PATCH", path, { name: "bolt" })).headers.get("etag") ?? "");
    for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
    expect(new Set(tags).size).toBe(4);
    expect((await call("GET", path)).headers.get("etag")).toBe(tags.at(-1));
  });
});

describe("If-None-Match", () => {
  test.each([
    ["the current tag", (tag: string) => tag],
    ["the weak form of the tag", (tag: string) => `W/${tag}`],
    ["a list that contains the tag", (tag: string) => `"no", W/"other" , ${tag}`],
    ["*", () => "*"],
  ])("%s: returns 304 with the tag and without a body", async (_, header) => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    for (const method of ["GET", "HEAD"]) {
      const reply = await call(method, path, undefined, { "If-None-Match": header(etag) });
      expect([reply.status, await reply.text(), reply.headers.get("etag")]).toEqual([304, "", etag]);
      expect(reply.headers.get("cache-control")).toBe("private, no-cache");
      expect(reply.headers.get("x-request-id")).not.toBeNull();
    }
  });

  test("the tag of an older revision: returns the item", async () => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    await call("PATCH", path, { name: "nut" });
    const item = await json(call("GET", path, undefined, { "If-None-Match": etag }));
    expect(item["name"]).toBe("nut");
  });

  test("on a write, If-None-Match: * gives 412 for an existing item, and a tag has no effect", async () => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    const none = { "If-None-Match": "*" };
    await problem(call("PATCH", path, { name: "nut" }, none), 412, "precondition_failed");
    await problem(call("DELETE", path, undefined, none), 412, "precondition_failed");
    expect((await call("GET", path)).headers.get("etag")).toBe(etag);
    for (const tag of [etag, '"2"', '"3"'])
      expect(await json(call("PATCH", path, { name: "nut" }, { "If-None-Match": tag }))).toMatchObject({
        name: "nut",
      });
  });

  test("does not hide other refusals: a missing item returns 404, a missing scope 403", async () => {
    const call = await as("ada");
    await problem(call("GET", "/api/items/nothing", undefined, { "If-None-Match": "*" }), 404, "not_found");
    const { path } = await bolt(call);
    const writer = await as("ada", ["items:write"]);
    await problem(writer("GET", path, undefined, { "If-None-Match": "*" }), 403, "insufficient_scope");
  });
});

describe("If-Match", () => {
  test("the current tag, alone or in a list, or *: the write succeeds", async () => {
    const call = await as("ada");
    const { path } = await bolt(call);
    for (const header of [(tag: string) => tag, (tag: string) => `"no",  ${tag}`, () => "*"]) {
      const tag = (await call("GET", path)).headers.get("etag") ?? "";
      await json(call("PATCH", path, { name: "nut" }, { "If-Match": header(tag) }));
    }
    expect((await call("DELETE", path, undefined, { "If-Match": "*" })).status).toBe(204);
  });

  test.each([
    ["an older tag", (tag: string) => tag],
    ["the weak form of the current tag", (_: string, current: string) => `W/${current}`],
    ["a foreign tag", () => `"other"`],
    ["a tag without quotes", (_: string, current: string) => current.replaceAll('"', "")],
    ["an empty list", () => ","],
  ])("%s: returns 412 and changes nothing", async (_, header) => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    const changed = await call("PATCH", path, { name: "nut" });
    const headers = { "If-Match": header(etag, changed.headers.get("etag") ?? "") };
    await problem(call("PATCH", path, { name: "late" }, headers), 412, "precondition_failed");
    await problem(call("DELETE", path, undefined, headers), 412, "precondition_failed");
    expect(await json(call("GET", path))).toEqual(await json(changed));
  });

  test("one of two concurrent changes to the same revision succeeds", async () => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    const headers = { "If-Match": etag };
    const replies = await Promise.all([
      call("PATCH", path, { name: "first" }, headers),
      call("PATCH", path, { name: "second" }, headers),
    ]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 412]);
    const winner = replies.find((reply) => reply.status === 200);
    expect(await json(call("GET", path))).toEqual(await winner?.json());
  });

  test("either a change or a concurrent deletion of the same revision succeeds", async () => {
    const call = await as("ada");
    const { path, etag } = await bolt(call);
    const headers = { "If-Match": etag };
    const replies = await Promise.all([
      call("PATCH", path, { name: "nut" }, headers),
      call("DELETE", path, undefined, headers),
    ]);
    const [changed, deleted] = replies.map((reply) => reply.status);
    expect([
      [200, 412],
      [404, 204],
    ]).toContainEqual([changed, deleted]);
  });

  test("another owner's item returns 404 for every If-Match", async () => {
    const [ada, eve] = [await as("ada"), await as("eve")];
    const { path, etag } = await bolt(ada);
    for (const tag of [etag, `"999"`, "*"])
      await problem(eve("DELETE", path, undefined, { "If-Match": tag }), 404, "not_found");
  });
});
