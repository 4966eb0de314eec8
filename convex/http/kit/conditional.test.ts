import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { etag, revisionsIn, unlessUnchanged } from "./conditional.kit";
import type { ApiEnv } from "./env.kit";

describe("If-Match names revisions by strong comparison", () => {
  test.each([
    [undefined, undefined],
    ["*", undefined],
    [" * ", undefined],
    ['"1"', [1]],
    ['"1", "22" ,"333"', [1, 22, 333]],
    ['W/"1"', []],
    ['W/"1", "2"', [2]],
    ['"0"', [0]],
    ['"01"', []],
    ['"1", "02"', [1]],
    ["1", []],
    ['"one"', []],
    ['"1', []],
    ['"-1"', []],
    ['"1.5"', []],
    ['""', []],
    ["", []],
    [",", []],
    [`"${"9".repeat(16)}"`, []],
  ])("%j: %j", (header, revisions) => {
    expect(revisionsIn(header)).toEqual(revisions);
  });

  test("the tag that a revision gets names it", () => {
    for (const revision of [1, 2, 10, 123_456])
      expect(revisionsIn(etag({ revision }).ETag)).toEqual([revision]);
  });
});

describe("If-None-Match answers 304 by weak comparison", () => {
  /** Returns the reply with `status` and `tag` as a client receives it that sends `held` in `If-None-Match`. */
  async function left(held: string | undefined, tag: string | null = '"7"', status = 200): Promise<Response> {
    const app = new Hono<ApiEnv>();
    app.get("/", (c) =>
      unlessUnchanged(c, new Response("body", { status, ...(tag !== null && { headers: { ETag: tag } }) })),
    );
    return app.request("/", { headers: held === undefined ? {} : { "If-None-Match": held } });
  }

  test.each(["*", '"7"', 'W/"7"', '"1", "7"', '"1",W/"7" , "9"'])("%s: not modified", async (held) => {
    const reply = await left(held);
    expect([reply.status, await reply.text(), reply.headers.get("etag")]).toEqual([304, "", '"7"']);
  });

  test.each([undefined, '"8"', '"77"', "7", 'w/"7"', '"*"', ""])("%s: the whole reply", async (held) => {
    const reply = await left(held);
    expect([reply.status, await reply.text()]).toEqual([200, "body"]);
  });

  test("a reply without a tag, or with a status other than 200, is sent in full", async () => {
    expect((await left("*", null)).status).toBe(200);
    expect((await left("*", '"7"', 201)).status).toBe(201);
    expect((await left('"7"', '"7"', 404)).status).toBe(404);
  });
});
