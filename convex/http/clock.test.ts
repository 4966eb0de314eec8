/** A clock that is set back: no request runs twice, no ended key works again, and no valid key is refused. */
import { describe, expect, test } from "vitest";
import { internal } from "../_generated/api";
import { as, advanceClock, run, useEngine, type Call } from "./testing/engine.testing";
import { expectRefusedKey, HOUR, inMs, mint, newKey } from "./testing/keys.testing";
import { json, nextOf, page } from "./testing/replies.testing";

useEngine();

/** Sets the clock back while `meanwhile` runs. */
async function setBack(ms: number, meanwhile: () => Promise<unknown>): Promise<void> {
  advanceClock(-ms);
  try {
    await meanwhile();
  } finally {
    advanceClock(ms);
  }
}

test("an idempotency key is still known, even after a purge", async () => {
  const call = await as("ada");
  const create = () => call("POST", "/api/keys", newKey("once"), { "Idempotency-Key": "clock" });
  const first = await create();
  await setBack(48 * HOUR, async () => {
    await run("mutation", internal.idempotency.purge, {});
    const again = await create();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
  });
  expect((await create()).headers.get("idempotency-replayed")).toBe("true");
});

describe("reading a list page by page", () => {
  const fill = async (call: Call, names: readonly string[]) => {
    for (const name of names) await json(call("POST", "/api/keys", newKey(name)), 201);
  };

  test("returns each key of the start exactly once", async () => {
    const call = await as("walker");
    const start = ["a", "b", "c", "d", "e"];
    await fill(call, start);
    const seen: unknown[] = [];
    await setBack(HOUR, async () => {
      for (let path: string | undefined = "/api/keys?limit=2"; path !== undefined;) {
        const reply: Response = await call("GET", path);
        path = nextOf(reply);
        seen.push(...(await page(reply)).map(({ name }) => name));
        if (seen.length < start.length) await fill(call, [`late ${seen.length}`]);
      }
    });
    expect(seen.filter((name) => start.includes(String(name)))).toEqual(start.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("a key", () => {
  test("that is valid keeps working", async () => {
    const { use } = await mint(await as("ada"), { name: "k", scopes: ["jobs:read"], expiresAt: inMs(HOUR) });
    await json(use());
    await setBack(24 * HOUR, () => json(use()));
    await json(use());
  });

  test("that was revoked or rotated stays invalid", async () => {
    const call = await as("ada");
    const [revoked, replaced] = [
      await mint(call, { name: "revoked", scopes: ["jobs:read"] }),
      await mint(call, { name: "replaced", scopes: ["jobs:read"] }),
    ];
    expect((await call("DELETE", revoked.path)).status).toBe(204);
    await json(call("POST", `${replaced.path}/rotate`));
    await setBack(HOUR, async () => {
      await expectRefusedKey(revoked.use());
      await expectRefusedKey(replaced.use());
    });
  });

  test("cannot be created with an expiry before the current time", async () => {
    const call = await as("ada");
    const made = { name: "k", scopes: ["jobs:read"], expiresAt: inMs(-HOUR / 2) };
    expect((await call("POST", "/api/keys", made)).status).toBe(400);
    await setBack(HOUR, async () => expect((await call("POST", "/api/keys", made)).status).toBe(201));
  });
});
