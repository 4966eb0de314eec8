import { describe, expect, test } from "vitest";
import { json, mistyped, problem } from "../../../convex/http/testing/replies.testing";
import { uniqueName, callerFor, keyWith, root, send } from "./client";
import { describeWith } from "./describeWith";
import { operations } from "./document";
import { given } from "./given";

const secured = operations().filter((operation) => operation.secured);
const scoped = secured.filter(({ scope }) => scope !== undefined);
const named = (list: typeof secured) =>
  list.map(({ method, path, scope }) => [method, path, scope ?? ""] as const);

describe("without a credential", () => {
  test.each(named(secured))("%s %s is refused", async (method, path) => {
    const reply = await send(path, { method });
    expect(reply.headers.get("www-authenticate")).toBe("Bearer");
    await problem(reply, 401, "unauthenticated");
  });
});

describe("with an unknown credential", () => {
  test.each([
    [{ "X-API-Key": "nothing" }, "Invalid API key"],
    [{ Authorization: "Bearer nothing" }, "Invalid token"],
  ])("%j is refused", async (headers, detail) => {
    const reply = await send("/api/keys", { headers });
    expect(reply.headers.get("www-authenticate")).toContain("invalid_token");
    expect((await problem(reply, 403, "invalid_credential")).detail).toBe(detail);
  });

  test("an unsupported scheme counts as a missing credential", async () => {
    const headers = { Authorization: "Basic bm86Ym9keQ==" };
    await problem(send("/api/keys", { headers }), 401, "unauthenticated");
  });
});

describeWith(["--key"], "with a key", () => {
  test("a key works in either header, and identifies its owner", async () => {
    const key = given.key ?? "";
    const { owner } = await json(root("GET", "/api/protected"));
    const headers = { Authorization: `bearer ${key}` };
    expect(await json(send("/api/user", { headers }))).toEqual(owner);
  });

  test("a mistyped key is refused", async () => {
    const typo = callerFor(mistyped(given.key ?? ""));
    await problem(typo("GET", "/api/keys"), 403, "invalid_credential");
  });

  test("two different credentials are refused", async () => {
    const headers = { Authorization: `Bearer ${given.key ?? ""}` };
    const { key } = await keyWith(["keys:read"]);
    await problem(callerFor(key)("GET", "/api/keys", undefined, headers), 400, "invalid_request");
  });

  test("every operation requires its own scope", async () => {
    for (const [asked, others] of [
      ["keys:read", scoped.filter(({ scope }) => scope !== "keys:read")],
      ["users:read", scoped.filter(({ scope }) => scope === "keys:read")],
    ] as const) {
      const limited = callerFor((await keyWith([asked])).key);
      for (const [method, path, scope] of named(others)) {
        const reply = await limited(method, path);
        expect(reply.headers.get("www-authenticate")).toContain(`scope="${scope}"`);
        await problem(reply, 403, "insufficient_scope");
      }
    }
  });

  test("a write scope does not allow reads", async () => {
    const writer = callerFor((await keyWith(["keys:write"])).key);
    await problem(writer("GET", "/api/keys"), 403, "insufficient_scope");
  });

  test("a key cannot create a key with a scope that it lacks", async () => {
    const { key } = await keyWith(["keys:write", "users:read"]);
    const more = { name: uniqueName(), scopes: ["users:read", "users:write"] };
    await problem(callerFor(key)("POST", "/api/keys", more), 403, "insufficient_scope");
  });

  test("a revoked key is refused immediately", async () => {
    const { key, at } = await keyWith(["keys:read"]);
    const caller = callerFor(key);
    expect((await caller("GET", "/api/keys?limit=1")).status).toBe(200);
    expect((await root("DELETE", at)).status).toBe(204);
    await problem(caller("GET", "/api/keys?limit=1"), 403, "invalid_credential");
  });
});

describeWith(["--token"], "with a token", () => {
  const headers = { Authorization: `Bearer ${given.token ?? ""}` };

  test("the same token gives the same user each time", async () => {
    const user = await json(send("/api/user", { headers }));
    expect(await json(send("/api/user", { headers }))).toEqual(user);
  });

  test("a forged token is refused", async () => {
    const [head = "", claims = "", signature = ""] = (given.token ?? "").split(".");
    const forged = `${head}.${claims}.${signature.slice(4)}AAAA`;
    const reply = send("/api/user", { headers: { Authorization: `Bearer ${forged}` } });
    await problem(reply, 403, "invalid_credential");
  });
});
