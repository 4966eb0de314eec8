import { describe, expect, expectTypeOf, test } from "vitest";
import { SCOPES } from "../../identity/scopes.lib";
import { as, advanceClock, send, sendWithToken, useEngine } from "../testing/engine.testing";
import { expectRefusedKey, HOUR, inMs, KEY_FORM, mint, using } from "../testing/keys.testing";
import { json, page, problem } from "../testing/replies.testing";
import { toKey } from "../../views/key.lib";
import type { Shape } from "../kit/contract.kit";
import type { Key } from "./keys.contract";

useEngine();

describe("creating", () => {
  test("the key is shown once, works, and the reply is not cached", async () => {
    const call = await as("ada");
    const body = { name: "partner", scopes: ["jobs:read"], expiresAt: inMs(HOUR) };
    const reply = await call("POST", "/api/keys", body);
    const { key, ...shown } = await json(reply, 201);
    expect(key).toMatch(KEY_FORM);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(reply.headers.get("location")).toBe(`/api/keys/${String(shown["id"])}`);
    expect(shown).toEqual({
      id: expect.any(String) as string,
      name: "partner",
      publicId: String(key).split("_")[1],
      scopes: ["jobs:read"],
      createdAt: expect.any(String) as string,
      expiresAt: body.expiresAt,
    });
    expect(await json(using(key))).toMatchObject({ id: shown["id"], scopes: ["jobs:read"] });

    const list = await call("GET", "/api/keys");
    const text = await list.clone().text();
    expect((await page(list))[0]).toMatchObject({ publicId: shown["publicId"] });
    for (const secret of String(key).split("_").slice(2)) expect(text).not.toContain(secret);
    expect(text).not.toContain("hash");
  });

  test.each([
    [{ scopes: [] }, "scopes: must not be empty"],
    [{ scopes: ["jobs:fly"] }, `scopes.0: must be one of ${SCOPES.join(", ")}, *`],
    [{ scopes: ["jobs:read", "JOBS:READ"] }, /^scopes\.1: must be one of /],
    [{ scopes: "jobs:read" }, "scopes: must be an array"],
    [{ expiresAt: inMs(-1000) }, "expiresAt: must be a time in the future, such as 2030-01-31T12:00:00Z"],
    [{ expiresAt: "tomorrow" }, /^expiresAt: must be a time/],
    [{ expiresAt: "2099-01-31" }, /^expiresAt: must be a time/],
    [{ expiresAt: "2099-02-30T12:00:00Z" }, /^expiresAt: must be a time/],
    [{ expiresAt: "2099-01-31T24:00:00Z" }, /^expiresAt: must be a time/],
    [{ expiresAt: "9999-12-31T23:59:59-00:01" }, /^expiresAt: must be a time/],
    [{ expiresAt: 4102444800000 }, "expiresAt: must be a string"],
    [{ name: " " }, "name: must not be empty"],
    [{ name: undefined }, "Missing required field: name"],
    [{ publicId: "mine" }, "publicId: is not a known field"],
  ])("%j is refused: %s", async (wrong, detail) => {
    const call = await as("ada");
    const body = { name: "partner", scopes: ["jobs:read"], ...wrong };
    const refused = await problem(call("POST", "/api/keys", body), 400, "invalid_request");
    if (typeof detail === "string") expect(refused.detail).toBe(detail);
    else expect(refused.detail).toMatch(detail);
  });

  test("a caller cannot create a key with scopes that the caller lacks", async () => {
    const call = await as("minter", ["keys:write", "jobs:read"]);
    await mint(call, { name: "fine", scopes: ["jobs:read", "keys:write"] });
    for (const scope of [...SCOPES, "*"].filter((one) => one !== "jobs:read" && one !== "keys:write")) {
      const body = { name: "more", scopes: ["jobs:read", scope] };
      const reply = await call("POST", "/api/keys", body);
      expect(reply.headers.get("www-authenticate")).toBe(
        `Bearer error="insufficient_scope", scope="${scope}"`,
      );
      const { detail } = await problem(reply, 403, "insufficient_scope");
      expect(detail).toBe(`This credential cannot hand out the scope ${scope}`);
    }
    const list = await page((await as("minter"))("GET", "/api/keys?limit=100"));
    expect(list.map(({ name }) => name)).not.toContain("more");
  });
});

describe("the list", () => {
  test("contains the caller's own keys, also revoked keys, newest first", async () => {
    const [ada, eve] = [await as("list-ada"), await as("list-eve")];
    const first = await mint(ada, { name: "first", scopes: ["jobs:read"] });
    await mint(ada, { name: "second", scopes: ["jobs:read"] });
    await ada("DELETE", first.path);
    const list = await page(ada("GET", "/api/keys"));
    expect(list.map(({ name }) => name)).toEqual(["second", "first", "list-ada"]);
    expect(list.map((key) => "revokedAt" in key)).toEqual([false, true, false]);
    expect((await page(eve("GET", "/api/keys"))).map(({ name }) => name)).toEqual(["list-eve"]);
  });
});

describe("revoking", () => {
  test("a revoked key is refused from the next request on, and revoking it again changes nothing", async () => {
    const call = await as("ada");
    const { path, use } = await mint(call, { name: "short", scopes: ["jobs:read"] });
    await json(use());
    expect((await call("DELETE", path)).status).toBe(204);
    await expectRefusedKey(use());
    expect((await call("DELETE", path)).status).toBe(204);
  });

  test("a key may revoke itself", async () => {
    const call = await as("ada");
    const { made, path, use } = await mint(call, { name: "own", scopes: ["keys:write"] });
    const reply = await send(path, { method: "DELETE", headers: { "X-API-Key": String(made["key"]) } });
    expect(reply.status).toBe(204);
    await expectRefusedKey(use());
  });

  test("a key without keys:write may revoke itself and no other key", async () => {
    const call = await as("self");
    const own = await mint(call, { name: "own", scopes: ["jobs:read"] });
    const other = await mint(call, { name: "other", scopes: ["jobs:read"] });
    const init = { method: "DELETE", headers: { "X-API-Key": String(own.made["key"]) } };
    const refused = await problem(send(other.path, init), 403, "insufficient_scope");
    expect(refused.detail).toContain("keys:write");
    await json(other.use());
    expect((await send(own.path, init)).status).toBe(204);
    await expectRefusedKey(own.use());
  });

  test("a key may revoke only keys whose scopes it has", async () => {
    const [all, few] = [await as("revoker"), await as("revoker", ["keys:write", "jobs:read"])];
    for (const scopes of [["jobs:read"], ["keys:write", "jobs:read"]]) {
      const { path, use } = await mint(all, { name: "within", scopes });
      expect((await few("DELETE", path)).status).toBe(204);
      await expectRefusedKey(use());
    }
    for (const scope of ["jobs:write", "*"]) {
      const { path, use } = await mint(all, { name: "more", scopes: ["jobs:read", scope] });
      const reply = await few("DELETE", path);
      expect(reply.headers.get("www-authenticate")).toBe(
        `Bearer error="insufficient_scope", scope="${scope}"`,
      );
      const { detail } = await problem(reply, 403, "insufficient_scope");
      expect(detail).toBe(`This credential cannot revoke a key with the scope ${scope}`);
      await json(use());
      expect((await all("DELETE", path)).status).toBe(204);
    }
  });

  test("a token may revoke and rotate all keys of its user and no other keys", async () => {
    const [call, stranger] = [await as("holder"), await as("stranger")];
    const claims = { sub: "holder", email: "holder@example.com", email_verified: true };
    const ask = (method: string, path: string) => sendWithToken(claims, path, { method });
    expect((await json(ask("GET", "/api/user")))["id"]).toBe(call.userId);
    const { path, use } = await mint(call, { name: "all", scopes: ["*"] });
    expect(await json(ask("POST", `${path}/rotate`))).toMatchObject({ scopes: ["*"] });
    await expectRefusedKey(use());
    expect((await ask("DELETE", path)).status).toBe(204);
    const theirs = await mint(stranger, { name: "theirs", scopes: ["jobs:read"] });
    await problem(ask("DELETE", theirs.path), 404, "not_found");
    await problem(ask("POST", `${theirs.path}/rotate`), 404, "not_found");
    await json(theirs.use());
  });
});

test("a key works until it expires", async () => {
  const call = await as("ada");
  const { use } = await mint(call, { name: "dated", scopes: ["jobs:read"], expiresAt: inMs(1000 * HOUR) });
  await json(use());
  advanceClock(1000 * HOUR);
  await expectRefusedKey(use());
});

test("the last use of a key is stored at most once a minute", async () => {
  const call = await as("user");
  const usedAt = async () => (await page(call("GET", "/api/keys")))[0]?.["lastUsedAt"];
  const first = await usedAt();
  expect(first).toMatch(/Z$/);
  expect(await usedAt()).toBe(first);
  advanceClock(61_000);
  const second = await usedAt();
  expect(Date.parse(String(second))).toBeGreaterThan(Date.parse(String(first)));
  // The clock is set back.
  advanceClock(-600_000);
  expect(Date.parse(String(await usedAt()))).toBeLessThan(Date.parse(String(first)));
  advanceClock(600_000);
});

test("events have the shape that the contract declares", () => {
  expectTypeOf(toKey).returns.toExtend<Shape<typeof Key>>();
});
