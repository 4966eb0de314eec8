/** Clients that disconnect in the middle of an upload. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { caller, everything } from "../client";
import { connected, head } from "./sockets";
import { temporaryDirectory } from "../../lib/testServer";
import { descriptorCount, SPARE_DESCRIPTORS } from "../../lib/usage";
import { startServer } from "../server";

const CLIENTS = 40;
const LENGTH = 4_000_000;

/** Returns the names of all files below a directory. */
const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

test("aborted uploads leave no files, bytes or open descriptors", async () => {
  const data = join(temporaryDirectory(), "data");
  const server = await startServer({ data });
  const call = caller(server.url, server.key);
  const kept = await call("POST", "/api/upload", "kept");
  const { uploadUrl } = (await call("POST", "/api/upload-url")).json as { uploadUrl: string };
  const { pathname, search } = new URL(uploadUrl);
  const targets = [
    [server.url, "/api/upload"],
    [uploadUrl, `${pathname}${search}`],
  ] as const;
  const before = descriptorCount(server.pid);
  const uploads = targets.flatMap(([url, target]) =>
    Array.from({ length: CLIENTS }, async (_, i) => {
      const socket = await connected(url);
      const half = Buffer.alloc(LENGTH / 2);
      await new Promise((resolve) => socket.write(head(`POST ${target}`, server.key, LENGTH), resolve));
      await new Promise((resolve) => socket.write(half, resolve));
      return () => {
        // A reset, an end of the client's half of the connection, and an end of both halves.
        if (i % 3 === 0) socket.resetAndDestroy();
        else if (i % 3 === 1) socket.end(() => socket.destroy());
        else socket.destroy();
      };
    }),
  );
  const disconnects = await Promise.all(uploads);
  // The direct uploads are written to disk as they arrive.
  await expect.poll(() => filesIn(join(data, "files/tmp")).length).toBe(CLIENTS);
  for (const disconnect of disconnects) disconnect();

  await expect.poll(() => filesIn(join(data, "files")).length).toBe(1);
  await expect.poll(() => descriptorCount(server.pid)).toBeLessThanOrEqual(before + SPARE_DESCRIPTORS);
  expect((await everything(call, "/api/files")).map(({ id }) => id)).toEqual([kept.json["storageId"]]);
  expect((await server.stop()).code).toBe(0);
  const { problems, orphans, files } = inspect(data);
  expect([problems, orphans, files.size]).toEqual([[], [], 1]);
  expect(server.lines.filter((line) => /^\s+at /.test(line))).toEqual([]);
});
