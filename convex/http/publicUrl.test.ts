/** `PUBLIC_URL`: the address at which a proxy serves the API. */
import { describe, expect, test } from "vitest";
import { as, send, useEngine } from "./testing/engine.testing";
import { newKey } from "./testing/keys.testing";
import { json, page, problem } from "./testing/replies.testing";

const located = async (reply: Promise<Response>) => (await reply).headers.get("location");

describe.each([
  ["https://example.com/rest", "/rest"],
  ["https://example.com/a/b/", "/a/b"],
  ["https://example.com", ""],
  ["https://example.com/", ""],
])("PUBLIC_URL=%s", (setting, prefix) => {
  const base = setting.replace(/\/$/, "");
  useEngine({ env: { PUBLIC_URL: setting } });

  test("is the address of problem types", async () => {
    const { type } = await problem((await as("ada"))("GET", "/api/keys/nothing"), 404, "not_found");
    expect(type).toBe(`${base}/problems/not_found`);
  });

  test("is the server of the document", async () => {
    expect(await json(send("/openapi.json"))).toMatchObject({ servers: [{ url: base }] });
  });

  test("is the prefix of every Location", async () => {
    const call = await as("ada");
    const headers = { "X-API-Key": call.key, "Content-Type": "text/plain" };
    const { id } = await json(send("/api/upload", { method: "POST", body: "x", headers }));
    const endpoint = { url: "http://127.0.0.1:65535/", events: ["file.deleted"] };
    const email = { email: `${prefix.length}@example.com`, name: "N" };
    expect([
      await located(call("POST", "/api/users", email)),
      await located(call("POST", "/api/keys", newKey())),
      await located(call("POST", "/api/webhook-endpoints", endpoint)),
      await located(call("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" })),
      await located(send("/api/upload", { method: "POST", body: "x", headers })),
      await located(send("/", { headers: { Accept: "text/html" }, redirect: "manual" })),
    ]).toEqual([
      expect.stringMatching(`^${prefix}/api/users/`),
      expect.stringMatching(`^${prefix}/api/keys/`),
      expect.stringMatching(`^${prefix}/api/webhook-endpoints/`),
      expect.stringMatching(`^${prefix}/api/jobs/`),
      expect.stringMatching(`^${prefix}/files/`),
      `${prefix}/docs`,
    ]);
    // Storage has its own address.
    expect(await located(send(`/files/${String(id)}`, { redirect: "manual" }))).toMatch(
      /^https?:\/\/(?!example)/,
    );
  });

  test("is the prefix of links between pages", async () => {
    const call = await as("lister");
    for (const name of ["a", "b"]) await json(call("POST", "/api/keys", newKey(name)), 201);
    const reply = await call("GET", "/api/keys?limit=1");
    const [, next = ""] = /^<(.*)>; rel="next"$/.exec(reply.headers.get("link") ?? "") ?? [];
    expect(next).toMatch(new RegExp(`^${prefix}/api/keys\\?limit=1&cursor=[\\w-]+$`));
    expect(await page(call("GET", next.slice(prefix.length)))).toHaveLength(1);
  });

  test("is the prefix of links in the index, the reference and problem pages", async () => {
    expect(await json(send("/"))).toMatchObject({ links: { docs: `${prefix}/docs` } });
    expect(await (await send("/docs")).text()).toContain(`data-url="${prefix}/openapi.json"`);
    const html = await send("/problems/internal", { headers: { Accept: "text/html" } });
    expect(await html.text()).toContain(`href="${prefix}/docs"`);
  });
});
