/** Small requests that are expensive to process. Each gets a reply that is not much larger than the request. */
import { describe, expect, test } from "vitest";
import { GRANTS } from "../identity/scopes.lib";
import { as, send, useEngine } from "./testing/engine.testing";
import { json, problem } from "./testing/replies.testing";

useEngine();

const MIB = 1024 * 1024;
/** Returns this many distinct short names. */
const names = (count: number) => Array.from({ length: count }, (_, at) => at.toString(36));

const form = (body: string) =>
  send("/api/form", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
const postKey = async (text: string) =>
  send("/api/keys", {
    method: "POST",
    body: text,
    headers: { "X-API-Key": (await as("ada")).key, "Content-Type": "application/json" },
  });
const key = (scopes: unknown) => postKey(JSON.stringify({ name: "partner", scopes }));
const data = (text: string) =>
  send("/api/data", { method: "POST", body: text, headers: { "Content-Type": "application/json" } });

describe("too many unknown fields are refused, and the reply names the first 100", () => {
  const whole = names(150_000);

  test.each<[string, () => Promise<Response>]>([
    ["in a form", () => form(whole.map((name) => `${name}=`).join("&"))],
    [
      "in JSON",
      () =>
        postKey(
          `{${names(100_000)
            .map((name) => `"${name}":0`)
            .join()}}`,
        ),
    ],
    ["in a query", async () => (await as("ada"))("GET", `/api/keys?${names(3_000).join("&")}`)],
  ])("%s", async (_, ask) => {
    const { errors = [], detail } = await problem(ask(), 400, "invalid_request");
    expect(errors).toHaveLength(100);
    expect(detail).toMatch(/^\d{4,6} fields are invalid: .*, …$/);
    expect(JSON.stringify(errors).length + detail.length).toBeLessThan(20_000);
  });

  test("a list with too many elements is refused, and the reply names the first 100 invalid elements", async () => {
    const { detail } = await problem(key(Array(200_000).fill("*")), 400, "invalid_request");
    expect(detail).toBe(`scopes: must have at most ${GRANTS.length} elements`);
    const { errors = [] } = await problem(key(Array(1_000).fill("x")), 400, "invalid_request");
    expect(errors).toHaveLength(100);
    // Too many elements to list or count in full.
    await problem(key(Array(250_000).fill("x")), 400, "invalid_request");
  });

  test("a field with several errors is named once", async () => {
    const { errors } = await problem(form("name=&".repeat(100_000)), 400, "invalid_request");
    expect(errors).toEqual([
      { in: "body", path: "name", message: "must be given only once" },
      { in: "body", path: "email", message: "is required" },
    ]);
  });
});

describe("JSON above the limits is refused, and JSON within the limits is accepted", () => {
  const all = (count: number) => `[${"[],".repeat(count)}0]`;

  test("100,000 levels are refused", async () => {
    for (const text of [
      "[".repeat(100_000) + "]".repeat(100_000),
      '{"a":'.repeat(100_000) + "0" + "}".repeat(100_000),
    ])
      expect((await problem(data(text), 400, "invalid_request")).detail).toContain("deeper than 64");
  });

  test("1 MiB of unbalanced brackets is refused", async () => {
    for (const text of ["[".repeat(MIB), "]".repeat(MIB), '{"a":['.repeat(MIB / 6)])
      await problem(data(text), 400, "invalid_json");
  });

  test("300,000 elements and 90,000 fields are accepted", async () => {
    expect((await json(data(all(300_000))))["received"]).toHaveLength(300_001);
    const fields = await json(
      data(
        `{${names(90_000)
          .map((name) => `"${name}":0`)
          .join()}}`,
      ),
    );
    expect(Object.keys(fields["received"] as object)).toHaveLength(90_000);
  });

  test("an integer of a million digits is out of range, and a million decimal places are rounded", async () => {
    await problem(data("9".repeat(1_000_000)), 400, "invalid_request");
    expect((await json(data(`0.${"1".repeat(1_000_000)}`)))["received"]).toBe(0.1111111111111111);
    expect((await json(data(`1e-${"9".repeat(1000)}`)))["received"]).toBe(0);
  });

  test("fields with the names of inherited properties are ordinary fields", async () => {
    const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1}';
    expect(await (await data(text)).text()).toContain(`"received":${text}`);
    expect({}).not.toHaveProperty("admin");
    for (const name of ["__proto__", "constructor", "toString"]) {
      const { errors } = await problem(
        postKey(`{"name":"x","scopes":["*"],"${name}":{}}`),
        400,
        "invalid_request",
      );
      expect(errors).toEqual([{ in: "body", path: name, message: "is not a known field" }]);
    }
  });
});
