import { describe, expect, test } from "vitest";
import { as, advanceClock, send, useEngine } from "../testing/engine.testing";
import { expectRefusedKey, HOUR, inMs, KEY_FORM, mint, using } from "../testing/keys.testing";
import { json, page, problem } from "../testing/replies.testing";

useEngine();

describe("rotating", () => {
  test.each([undefined, {}, { overlapSeconds: 0 }])(
    "without an overlap (%j), the old key is refused at once",
    async (body) => {
      const call = await as("ada");
      const expiresAt = inMs(HOUR);
      const { made, path, use } = await mint(call, { name: "turn", scopes: ["jobs:read"], expiresAt });
      const reply = await call("POST", `${path}/rotate`, body);
      const next = await json(reply);
      expect(reply.headers.get("cache-control")).toBe("no-store");
      expect(next).toMatchObject({ name: "turn", scopes: ["jobs:read"], expiresAt });
      expect(next["key"]).toMatch(KEY_FORM);
      for (const field of ["id", "key", "publicId"]) expect(next[field]).not.toBe(made[field]);
      await expectRefusedKey(use());
      await json(using(next["key"]));
    },
  );

  test("with an overlap, the old key works until the overlap ends", async () => {
    const call = await as("ada");
    const { path, use } = await mint(call, { name: "turn", scopes: ["jobs:read"] });
    const { key } = await json(call("POST", `${path}/rotate`, { overlapSeconds: 3600 }));
    await json(use());
    advanceClock(HOUR - 60_000);
    await json(use());
    advanceClock(60_001);
    await expectRefusedKey(use());
    await json(using(key));
  });

  test("an overlap does not extend a key that expires earlier", async () => {
    const call = await as("ada");
    const soon = new Date(Date.now() + 3 * HOUR).toISOString();
    const { made, path } = await mint(call, { name: "turn", scopes: ["jobs:read"], expiresAt: soon });
    await json(call("POST", `${path}/rotate`, { overlapSeconds: 604_800 }));
    const list = await page(call("GET", "/api/keys?limit=100"));
    expect(list.find(({ id }) => id === made["id"])).toMatchObject({ expiresAt: soon });
  });

  test.each([
    ["without an expiry", undefined],
    ["with an expiry", inMs(100 * HOUR)],
  ])(
    "a client that lost the reply can rotate again within the overlap and gets a key with the same expiry, %s",
    async (_, expiresAt) => {
      const call = await as("ada");
      const { path, use } = await mint(call, {
        ...{ name: "turn", scopes: ["jobs:read"] },
        ...(expiresAt !== undefined && { expiresAt }),
      });
      for (let times = 0; times < 3; times++) {
        const next = await json(call("POST", `${path}/rotate`, { overlapSeconds: 3600 }));
        expect(next["expiresAt"]).toBe(expiresAt);
      }
      advanceClock(HOUR + 1);
      await expectRefusedKey(use());
    },
  );

  test.each([-1, 604_801, 1.5, "60", null])("an overlap of %j is refused", async (overlapSeconds) => {
    const call = await as("ada");
    const { path, use } = await mint(call, { name: "turn", scopes: ["jobs:read"] });
    const { errors } = await problem(
      call("POST", `${path}/rotate`, { overlapSeconds }),
      400,
      "invalid_request",
    );
    expect(errors).toMatchObject([{ in: "body", path: "overlapSeconds" }]);
    await json(use());
  });

  test("an overlap in a body without a media type is refused", async () => {
    const call = await as("ada");
    const { path, use } = await mint(call, { name: "turn", scopes: ["jobs:read"] });
    // Bytes, because `fetch` adds a Content-Type to text.
    const body = new TextEncoder().encode('{"overlapSeconds":3600}');
    const init = { method: "POST", headers: { "X-API-Key": call.key }, body };
    const refused = await problem(send(`${path}/rotate`, init), 415, "unsupported_media_type");
    expect(refused.detail).toBe("Content-Type must be application/json");
    await json(use());
  });

  test("a caller cannot rotate a key that has scopes the caller lacks", async () => {
    const [all, some] = [await as("rotor"), await as("rotor", ["keys:write"])];
    const { path, use } = await mint(all, { name: "more", scopes: ["jobs:read"] });
    await problem(some("POST", `${path}/rotate`), 403, "insufficient_scope");
    await json(use());
  });

  test("a revoked or expired key cannot be rotated", async () => {
    const call = await as("ada");
    const revoked = await mint(call, { name: "gone", scopes: ["jobs:read"] });
    const expired = await mint(call, { name: "old", scopes: ["jobs:read"], expiresAt: inMs(24 * HOUR) });
    await call("DELETE", revoked.path);
    advanceClock(24 * HOUR);
    for (const { path } of [revoked, expired]) await problem(call("POST", `${path}/rotate`), 409, "conflict");
  });
});
