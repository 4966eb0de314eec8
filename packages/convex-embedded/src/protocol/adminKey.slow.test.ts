import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command } from "../../fixtures/command";
import { TOOLS } from "../../fixtures/convexCli";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { isAdminKey, sameKey } from "./adminKey";

test("the key stays the same across restarts and differs between data directories", async () => {
  const data = temporaryDirectory();
  const first = await serve({ project: TOOLS, data });
  await first.server.close();
  const again = await serve({ project: TOOLS, data });
  const other = await serve({ project: TOOLS });
  expect(again.server.adminKey).toBe(first.server.adminKey);
  expect(other.server.adminKey).not.toBe(first.server.adminKey);
  expect(isAdminKey(first.server.adminKey)).toBe(true);
  expect(statSync(join(data, "secret")).mode & 0o777).toBe(0o600);
});

test("npx convex-embedded admin-key prints the key while the server runs", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project: TOOLS, data });
  expect(await command("admin-key", "--data", data)).toEqual({ code: 0, output: `${server.adminKey}\n` });
  const none = await command("admin-key", "--data", temporaryDirectory());
  expect([none.code, none.output]).toEqual([1, expect.stringContaining("has no admin key yet")]);
  expect((await command("admin-key", "stray")).code).toBe(2);
});

test("keys are compared in full", () => {
  const key = `embedded_${"a".repeat(64)}`;
  expect(sameKey(key, key)).toBe(true);
  for (const given of ["", "embedded_", key.slice(1), `${key}a`, key.toUpperCase(), `${key.slice(0, -1)}b`]) {
    expect(sameKey(given, key)).toBe(false);
  }
});
