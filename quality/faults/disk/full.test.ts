/** A full disk: writes are refused, acknowledged data is kept, and writes work again when there is free space. */
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { looksLikeApiKey } from "../../../convex/identity/apiKey.lib";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { signedHeaders } from "../../../scripts/webhook/senders";
import type { Answer, Call } from "../client";
import { caller, everything } from "../client";
import { smallDisk } from "./mounts";
import { READY, readiness } from "./readiness";
import { refusedStart, SECRETS, startServer } from "../server";

const MIB = 1024 * 1024;
const NEEDS = "needs the right to mount a file system";

const create = (call: Call, name: string) =>
  call("POST", "/api/items", { name, description: randomBytes(1_900).toString("hex") });

/** Expects the problem `unavailable`: it says when to try again, and does not mention files or disks. */
function expectUnavailable(answer: Answer): void {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.json).toMatchObject({ status: 503, code: "unavailable" });
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(answer.json["requestId"]).toBe(answer.headers.get("x-request-id"));
  expect(answer.text).not.toMatch(/disk|full|SQLITE|ENOSPC|\bat /);
}

/** Fills the disk with files. @returns a function that deletes them. */
function fill(disk: string): () => void {
  const files: string[] = [];
  // The smallest size is a page of tmpfs: a full tmpfs cannot store anything smaller.
  for (const size of [MIB, 64 * 1024, 4096]) {
    for (let made = true; made;) {
      const file = join(disk, `ballast-${files.length}`);
      files.push(file);
      try {
        writeFileSync(file, Buffer.alloc(size));
      } catch {
        made = false;
      }
    }
  }
  return () => files.forEach((file) => rmSync(file, { force: true }));
}

test("on a full disk writes get 503 and reads work, and writes work again when there is free space", async ({
  skip,
}) => {
  const disk = smallDisk(24);
  if (disk === null) return skip(NEEDS);
  const data = join(disk, "data");
  const server = await startServer({ data });
  const call = caller(server.url, server.key);
  const first = await call("POST", "/api/upload", randomBytes(100_000));
  const uploadUrl = String((await call("POST", "/api/upload-url")).json["uploadUrl"]);
  const acknowledged = new Map<unknown, unknown>();
  const keep = ({ json }: Answer) => acknowledged.set(json["id"], json["description"]);
  for (let i = 0; i < 50; i++) keep(await create(call, `before ${i}`));
  const makeRoom = fill(disk);

  // Some writes may still succeed, because the write-ahead log has allocated space.
  let refused = 0;
  for (let i = 0; refused < 20; i++) {
    expect(i).toBeLessThan(20_000);
    const answer = await create(call, `during ${i}`);
    if (answer.status === 201) keep(answer);
    else {
      expectUnavailable(answer);
      refused++;
    }
  }
  expectUnavailable(await call("POST", "/api/upload", randomBytes(2_000_000)));
  const direct = await fetch(uploadUrl, { method: "POST", body: randomBytes(2_000_000) });
  expect([direct.status, ((await direct.json()) as { code: string }).code]).toEqual([
    503,
    "ServiceUnavailable",
  ]);
  const hook = {
    source: "clerk",
    type: "session.created",
    id: "delivery",
    body: '{"type":"session.created","data":{}}',
    secret: SECRETS.clerk,
  } as const;
  const deliver = () =>
    call("POST", "/webhooks/clerk", hook.body, signedHeaders({ ...hook, now: Date.now() }));
  // The source sends the event again later.
  expectUnavailable(await deliver());

  expect((await call("GET", "/health")).status).toBe(200);
  const found = await everything(call, "/api/items");
  expect(new Map(found.map(({ id, description }) => [id, description]))).toEqual(acknowledged);
  expect((await call("GET", `/api/files/${String(first.json["storageId"])}`)).status).toBe(200);

  makeRoom();
  const later = await create(call, "after");
  expect(later.status).toBe(201);
  keep(later);
  expect((await call("POST", "/api/upload", randomBytes(2_000_000))).status).toBe(200);
  expect((await fetch(uploadUrl, { method: "POST", body: randomBytes(100_000) })).status).toBe(200);
  expect((await deliver()).status).toBe(200);
  expect((await server.stop()).code).toBe(0);

  const { problems, orphans, documents, files } = inspect(data);
  expect([problems, orphans]).toEqual([[], []]);
  const texts = new Map(documents("items").map(({ _id, description }) => [_id, description]));
  expect(texts).toEqual(acknowledged);
  expect(files.size).toBe(3);
});

test("on a full disk the rate limits do not refuse reads, and readiness and the log name the disk", async ({
  skip,
}) => {
  const disk = smallDisk(24);
  if (disk === null) return skip(NEEDS);
  const settings = { RATE_LIMIT_KEY_PER_MINUTE: "600", RATE_LIMIT_IP_PER_MINUTE: "120" };
  const server = await startServer({ data: join(disk, "data"), settings });
  const call = caller(server.url, server.key);
  const { json: item } = await create(call, "before");
  expect(await readiness(call)).toEqual(READY);
  const makeRoom = fill(disk);

  // The readiness check caches its last write for a moment.
  await expect.poll(() => readiness(call)).toEqual({ status: 503, read: true, write: false });
  const statuses = new Map<number, number>();
  for (let i = 0; i < 100; i++) {
    const path = ["/api/items", `/api/items/${String(item["id"])}`, "/problems/internal"][i % 3] ?? "";
    const { status } = await call("GET", path);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses]).toEqual([[200, 100]]);
  expectUnavailable(await create(call, "during"));
  await server.line(/requests_uncounted/);
  const logged = server.lines.filter((line) => line.includes("requests_uncounted"));
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatch(/database or disk is full|disk I\/O error/);

  makeRoom();
  expect((await create(call, "after")).status).toBe(201);
  expect(await readiness(call)).toEqual(READY);
  console.log(
    `full disk, default limits: ${statuses.get(200)} of 100 reads are 200, ${logged.length} log line`,
  );
  expect((await server.stop()).code).toBe(0);
});

test.for(["killed", "stopped"] as const)(
  "a server that was %s on a full disk starts again and answers reads",
  async (how, { skip }) => {
    const disk = smallDisk(24);
    if (disk === null) return skip(NEEDS);
    const data = join(disk, "data");
    const server = await startServer({ data });
    const { key } = server;
    const { json } = await create(caller(server.url, key), "before");
    const makeRoom = fill(disk);
    await (how === "killed" ? server.kill() : server.stop());
    const again = await startServer({ data });
    const call = caller(again.url, key);
    expect((await call("GET", `/api/items/${String(json["id"])}`)).json).toEqual(json);
    makeRoom();
    expect((await create(call, "after")).status).toBe(201);
  },
);

test("a first start on a full disk reports it, and the next start with free space works", async ({
  skip,
}) => {
  const disk = smallDisk(24);
  if (disk === null) return skip(NEEDS);
  const makeRoom = fill(disk);
  const data = join(disk, "data");
  const { status, printed } = await refusedStart({ data });
  expect(status).toBe(1);
  expect(printed).toMatch(/full|no space left/i);
  expect(printed).not.toMatch(/^\s+at /m);
  makeRoom();
  const server = await startServer({ data });
  expect(looksLikeApiKey(server.key)).toBe(true);
});
