/**
 * This version serves the data of earlier versions. `fixtures/` has a data directory and a snapshot of a deployment of each
 * version, and `expected-VERSION.json` has the answers of that version's API.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer } from "convex-embedded/testing/server";
import { checkedFetch } from "../../openapi/contract/check";
import { command } from "../../packages/convex-embedded/fixtures/command";
import { temporaryDirectory } from "../../packages/convex-embedded/fixtures/serve";

const fixtures = join(import.meta.dirname, "fixtures");
const versions = readdirSync(fixtures).flatMap((name) => /^expected-(.+)\.json$/.exec(name)?.[1] ?? []);

interface Expected {
  /** A key with every scope. */
  readonly key: string;
  readonly revokedKey: string;
  readonly files: Readonly<Record<"public" | "private", { storageId: string; sha256: string }>>;
  /** The answers of the API, by path. */
  readonly reads: Readonly<Record<string, unknown>>;
}

/** Starts this version of the API with a data directory. */
async function serve(data: string) {
  const env = { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" };
  const server = await startServer({ project: process.cwd(), data, port: 0, env });
  onTestFinished(() => server.close(0));
  return server;
}

function unpacked(version: string): string {
  const data = temporaryDirectory();
  execFileSync("tar", ["-xzf", join(fixtures, `data-${version}.tar.gz`), "-C", data]);
  return data;
}

async function imported(version: string): Promise<string> {
  const data = join(temporaryDirectory(), "data");
  mkdirSync(data);
  const archive = join(fixtures, `export-${version}.zip`);
  const { code, output } = await command("import", archive, "--data", data, "--yes");
  if (code !== 0) throw new Error(output);
  return data;
}

describe.each(versions)("version %s", (version) => {
  const expected = JSON.parse(readFileSync(join(fixtures, `expected-${version}.json`), "utf8")) as Expected;

  test.each([
    ["data directory", unpacked],
    ["snapshot", imported],
  ])("its %s can be read and written", async (_what, make) => {
    const data = await make(version);
    // The second start uses the data that the first has migrated.
    for (const start of ["first", "second"]) {
      const server = await serve(data);
      const call = (
        path: string,
        init: { method?: string; body?: string; redirect?: "manual"; headers?: Record<string, string> } = {},
      ) =>
        checkedFetch(server.url + path, { ...init, headers: { "X-API-Key": expected.key, ...init.headers } });
      await server.run("migrations:foldEmails", {});
      await server.idle();

      for (const [path, before] of Object.entries(expected.reads)) {
        const reply = await call(path);
        expect([path, reply.status]).toEqual([path, 200]);
        const now: unknown = await reply.json();
        if (Array.isArray(before)) expect(now).toEqual(expect.arrayContaining(before.map(objectContaining)));
        else expect(now).toMatchObject(before as object);
      }
      for (const { storageId, sha256 } of Object.values(expected.files)) {
        const file = await call(`/api/files/${storageId}`);
        expect(await file.json()).toMatchObject({ sha256 });
        const moved = await call(`/files/${storageId}`, { redirect: "manual" });
        const bytes = await (await fetch(moved.headers.get("location") ?? "")).arrayBuffer();
        expect(Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")).toBe(sha256);
      }
      expect((await call("/api/protected", { headers: { "X-API-Key": expected.revokedKey } })).status).toBe(
        403,
      );
      const body = JSON.stringify({ name: start });
      const headers = { "Content-Type": "application/json" };
      expect((await call("/api/items", { method: "POST", body, headers })).status).toBe(201);
      await server.close();
    }
  });
});

const objectContaining = (item: unknown): unknown => expect.objectContaining(item as object);
