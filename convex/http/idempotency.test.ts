import { describe, expect, test } from "vitest";
import { as, advanceClock, onlyOn, run, send, settle, useEngine, type Call } from "./testing/engine.testing";
import { internal } from "../_generated/api";
import { KEY_FORM, newKey } from "./testing/keys.testing";
import { json, page, problem, type Json } from "./testing/replies.testing";

useEngine();

const HOUR = 60 * 60 * 1000;
const once = (key: string) => ({ "Idempotency-Key": key });

const ENDPOINT = { url: "http://127.0.0.1:65535/", events: ["file.*"] };
/** The routes that create a resource: their path, which also lists the resources, a body, and the field that differs between bodies. */
const CREATES: { path: string; body: (n: number) => Json; field: string }[] = [
  { path: "/api/keys", body: (n) => newKey(`key ${n}`), field: "name" },
  {
    path: "/api/users",
    body: (n) => ({ name: `user ${n}`, email: `idempotent${n}@example.com` }),
    field: "email",
  },
  {
    path: "/api/webhook-endpoints",
    body: (n) => ({ ...ENDPOINT, description: `endpoint ${n}` }),
    field: "description",
  },
];

describe.each(CREATES)("POST $path", ({ path, body, field }) => {
  /** Returns the listed resources that the body of this number has made. */
  const madeBy = async (call: Call, n: number) =>
    (await page(call("GET", `${path}?limit=100`))).filter((listed) => listed[field] === body(n)[field]);

  test("a repeated request creates nothing and returns the same reply with Idempotency-Replayed", async () => {
    const call = await as("ada");
    const first = await call("POST", path, body(1), once("repeat"));
    const again = await call("POST", path, body(1), once("repeat"));
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    const { key: _, secret: __, ...made } = await json(first, 201);
    expect(await json(again, 201)).toEqual(made);
    expect(await madeBy(call, 1)).toHaveLength(1);
  });

  test("30 concurrent duplicates create one resource", async () => {
    const call = await as("grace");
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => call("POST", path, body(2), once("concurrent"))),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 201));
    expect(new Set(replies.map((reply) => reply.headers.get("location"))).size).toBe(1);
    expect(replies.filter((reply) => reply.headers.has("idempotency-replayed"))).toHaveLength(29);
    expect(await madeBy(call, 2)).toHaveLength(1);
  });

  test("the same key with another request is refused", async () => {
    const call = await as("mary");
    await json(call("POST", path, body(3), once("reused")), 201);
    await problem(call("POST", path, body(4), once("reused")), 422, "idempotency_key_reused");
    expect(await madeBy(call, 4)).toHaveLength(0);
  });
});

test("a key applies only to its credential", async () => {
  const [ada, eve] = [await as("ada"), await as("eve")];
  const mine = await json(ada("POST", "/api/keys", newKey("shared"), once("shared")), 201);
  const theirs = await json(eve("POST", "/api/keys", newKey("shared"), once("shared")), 201);
  expect(theirs["id"]).not.toBe(mine["id"]);
});

test("a failure is not stored: the corrected request may use the same key", async () => {
  const call = await as("ada");
  await problem(call("POST", "/api/keys", newKey(""), once("corrected")), 400, "invalid_request");
  await json(call("POST", "/api/keys", newKey("corrected"), once("corrected")), 201);
});

test("a replay returns the created key without its secret", async () => {
  const call = await as("ada");
  const wanted = newKey("partner");
  const { key } = await json(call("POST", "/api/keys", wanted, once("secret")), 201);
  const replay = await json(call("POST", "/api/keys", wanted, once("secret")), 201);
  expect(key).toMatch(KEY_FORM);
  expect(replay).not.toHaveProperty("key");
});

test("a repeated job is created once, and repeated synchronous work returns the same result", async () => {
  const call = await as("ada");
  const work = (headers: Record<string, string>) => call("POST", "/api/process", { data: [1] }, headers);
  const jobs = await Promise.all([1, 2, 3].map(() => work({ Prefer: "respond-async", ...once("job") })));
  expect(new Set(jobs.map((reply) => reply.headers.get("location"))).size).toBe(1);
  const first = await json(work(once("now")));
  const again = await work(once("now"));
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(await json(again)).toEqual(first);
  await problem(work({ Prefer: "respond-async", ...once("now") }), 422, "idempotency_key_reused");
  await settle();
});

const upload = (call: Call, text: string) =>
  send("/api/upload", { method: "POST", body: text, headers: { "X-API-Key": call.key, ...once("file") } });

test("bytes of a duplicate upload are not kept", async () => {
  const call = await as("uploader");
  const made = await json(upload(call, "same"));
  expect(await json(upload(call, "same"))).toEqual(made);
  await problem(upload(call, "else"), 422, "idempotency_key_reused");
  expect(await page(call("GET", "/api/files"))).toHaveLength(1);
});

onlyOn(
  "embedded",
  "the mock cannot store two files concurrently",
  "concurrent duplicate uploads leave one file",
  async () => {
    const call = await as("hasty");
    const replies = await Promise.all(Array.from({ length: 10 }, () => upload(call, "same")));
    expect(new Set(replies.map((reply) => reply.headers.get("location"))).size).toBe(1);
    expect(await page(call("GET", "/api/files"))).toHaveLength(1);
  },
);

test.each(["", "two words", "x".repeat(256)])("the key %j is refused", async (key) => {
  const call = await as("ada");
  const refused = await problem(call("POST", "/api/keys", newKey(), once(key)), 400, "invalid_request");
  expect(refused.errors).toMatchObject([{ in: "header", path: "Idempotency-Key" }]);
});

test("a key expires after a day", async () => {
  const call = await as("ada");
  const first = await json(call("POST", "/api/keys", newKey("daily"), once("daily")), 201);
  advanceClock(25 * HOUR);
  await run("mutation", internal.idempotency.purge, {});
  const next = await json(call("POST", "/api/keys", newKey("daily"), once("daily")), 201);
  expect(next["id"]).not.toBe(first["id"]);
});
