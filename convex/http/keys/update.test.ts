/** Reading and changing one key. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { advanceClock, as, run, send, sendWithToken, useEngine } from "../testing/engine.testing";
import { expectRefusedKey, HOUR, inMs, mint, newKey } from "../testing/keys.testing";
import { json, page, problem } from "../testing/replies.testing";

useEngine();

describe("reading", () => {
  test("the Location of a new key shows what the list shows, with the ETag of the creation", async () => {
    const call = await as("reader");
    const reply = await call("POST", "/api/keys", { name: "partner", scopes: ["jobs:read"] });
    const { key, ...shown } = await json(reply, 201);
    const fetched = await call("GET", reply.headers.get("location") ?? "");
    expect(fetched.headers.get("etag")).toBe(reply.headers.get("etag"));
    const text = await fetched.clone().text();
    expect(await json(fetched)).toEqual(shown);
    expect((await page(call("GET", "/api/keys")))[0]).toEqual(shown);
    for (const secret of String(key).split("_").slice(2)) expect(text).not.toContain(secret);
  });

  test("a revoked key can be read", async () => {
    const call = await as("reader");
    const { path } = await mint(call, { name: "short", scopes: ["jobs:read"] });
    await call("DELETE", path);
    expect(await json(call("GET", path))).toHaveProperty("revokedAt");
  });

  test("the ETag changes with each write: a change, a rotation and a use", async () => {
    const call = await as("tags");
    const { path, use } = await mint(call, { name: "tagged", scopes: ["jobs:read"] });
    const tag = async () => (await call("GET", path)).headers.get("etag");
    const tags = [await tag()];
    await json(call("PATCH", path, { name: "renamed" }));
    tags.push(await tag());
    await json(use());
    tags.push(await tag());
    await json(call("POST", `${path}/rotate`, { overlapSeconds: 60 }));
    tags.push(await tag());
    expect(new Set(tags).size).toBe(4);
  });
});

// Before the tests that advance the clock: tokens are signed with the real time.
describe("the change of a key", () => {
  test("a key cannot give scopes that it lacks, to itself or to another key", async () => {
    const all = await as("limits");
    const few = await mint(all, { name: "few", scopes: ["keys:write", "jobs:read"] });
    const other = await mint(all, { name: "other", scopes: ["jobs:read"] });
    const asFew = (path: string, body: object) =>
      send(path, {
        method: "PATCH",
        headers: { "X-API-Key": String(few.made["key"]), "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    for (const path of [few.path, other.path]) {
      const refused = await problem(asFew(path, { scopes: ["jobs:write"] }), 403, "insufficient_scope");
      expect(refused.detail).toBe("This credential cannot hand out the scope jobs:write");
    }
    expect(await json(asFew(other.path, { scopes: ["keys:write"] }))).toMatchObject({
      scopes: ["keys:write"],
    });
    expect(await json(asFew(few.path, { scopes: ["jobs:read"] }))).toMatchObject({ scopes: ["jobs:read"] });
    await problem(asFew(few.path, { name: "again" }), 403, "insufficient_scope");
  });

  test("a key cannot change a key with a scope that it lacks, not even its name", async () => {
    const [all, few] = [await as("limits"), await as("limits", ["keys:write", "jobs:read"])];
    const { path } = await mint(all, { name: "more", scopes: ["jobs:read", "jobs:write"] });
    const refused = await problem(few("PATCH", path, { name: "mine" }), 403, "insufficient_scope");
    expect(refused.detail).toBe("This credential cannot change a key with the scope jobs:write");
    expect(await json(all("GET", path))).toMatchObject({ name: "more" });
  });

  test("a token may change each of its user's keys, but gives only its own scopes", async () => {
    const call = await as("tokens");
    await run("mutation", internal.users.setScopes, {
      email: "tokens@example.com",
      scopes: ["keys:write", "jobs:read"],
    });
    const { path } = await mint(call, { name: "all", scopes: ["*"] });
    const claims = { sub: "tokens", email: "tokens@example.com", email_verified: true };
    const headers = { "Content-Type": "application/json" };
    const patch = (body: object) =>
      sendWithToken(claims, path, { method: "PATCH", headers, body: JSON.stringify(body) });
    expect(await json(patch({ name: "renamed" }))).toMatchObject({ name: "renamed", scopes: ["*"] });
    await problem(patch({ scopes: ["users:read"] }), 403, "insufficient_scope");
    expect(await json(patch({ scopes: ["jobs:read"] }))).toMatchObject({ scopes: ["jobs:read"] });
  });
});

describe("changing", () => {
  test("name, scopes and expiry apply from the next request on, and the key stays the same", async () => {
    const call = await as("changer");
    const { made, path, use } = await mint(call, { name: "old", scopes: ["keys:read", "keys:write"] });
    const { key, ...before } = made;
    const expiresAt = inMs(500 * HOUR);
    const changed = await json(call("PATCH", path, { name: " new ", scopes: ["keys:read"], expiresAt }));
    expect(changed).toEqual({ ...before, name: "new", scopes: ["keys:read"], expiresAt });
    const headers = { "X-API-Key": String(key), "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(newKey()) };
    expect((await problem(send("/api/keys", init), 403, "insufficient_scope")).detail).toContain(
      "keys:write",
    );
    expect(await json(call("PATCH", path, { expiresAt: null }))).not.toHaveProperty("expiresAt");
    advanceClock(500 * HOUR);
    await json(use());
  });

  test.each([
    [{ scopes: [] }, "scopes: must not be empty"],
    [{ scopes: ["jobs:fly"] }, /^scopes\.0: must be one of /],
    [{ scopes: null }, "scopes: must be an array"],
    [{ name: "" }, "name: must not be empty"],
    [{ name: null }, "name: must be a string"],
    [{ expiresAt: "2020-01-31T12:00:00Z" }, /^expiresAt: must be a time in the future/],
    [{ key: "mine" }, "key: is not a known field"],
  ])("%j is refused: %s", async (body, detail) => {
    const call = await as("changer");
    const { path } = await mint(call, { name: "same", scopes: ["jobs:read"] });
    const refused = await problem(call("PATCH", path, body), 400, "invalid_request");
    expect(refused.detail).toMatch(detail);
    expect(await json(call("GET", path))).toMatchObject({ name: "same", scopes: ["jobs:read"] });
  });

  test("If-Match of another revision changes and revokes nothing", async () => {
    const call = await as("changer");
    const { path, use } = await mint(call, { name: "guarded", scopes: ["jobs:read"] });
    const stale = { "If-Match": (await call("GET", path)).headers.get("etag") ?? "" };
    const changed = await call("PATCH", path, { name: "first" }, stale);
    expect(changed.status).toBe(200);
    await problem(call("PATCH", path, { name: "late" }, stale), 412, "precondition_failed");
    await problem(call("DELETE", path, undefined, stale), 412, "precondition_failed");
    await json(use());
    const present = { "If-Match": (await call("GET", path)).headers.get("etag") ?? "" };
    expect((await call("DELETE", path, undefined, present)).status).toBe(204);
  });

  test("a revoked and an expired key cannot be changed, so they stay refused", async () => {
    const call = await as("changer");
    const revoked = await mint(call, { name: "revoked", scopes: ["jobs:read"] });
    await call("DELETE", revoked.path);
    const expired = await mint(call, {
      name: "expired",
      scopes: ["jobs:read"],
      expiresAt: inMs(1000 * HOUR),
    });
    advanceClock(1000 * HOUR);
    for (const { path, use } of [revoked, expired]) {
      await problem(call("PATCH", path, { expiresAt: null }), 409, "conflict");
      await expectRefusedKey(use());
    }
  });

  test("a change during the overlap of a rotation sets the expiry that later rotations inherit", async () => {
    const call = await as("changer");
    const { path } = await mint(call, { name: "rotated", scopes: ["jobs:read"] });
    await json(call("POST", `${path}/rotate`, { overlapSeconds: 3600 }));
    const expiresAt = inMs(5000 * HOUR);
    await json(call("PATCH", path, { expiresAt }));
    expect(await json(call("POST", `${path}/rotate`))).toMatchObject({ expiresAt });
  });
});
