/** A disk without room: what cannot be written is refused, nothing acknowledged is lost, and it goes on. */
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { signedHeaders } from "../../../scripts/webhook/sign";
import type { Answer, Call } from "../client";
import { caller, everything } from "../client";
import { smallDisk } from "./mounts";
import { READY, readiness } from "./readiness";
import { refusedStart, SECRETS, startServer } from "../server";

const MIB = 1024 * 1024;
const NEEDS = "needs the right to mount a file system";

const create = (call: Call, name: string) =>
  call("POST", "/api/items", { name, description: randomBytes(1_900).toString("hex") });

/** The problem for work that the server cannot do now. It says when to try again, and nothing of files or disks. */
function expectUnavailable(answer: Answer): void {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.json).toMatchObject({ status: 503, code: "unavailable" });
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(answer.json["requestId"]).toBe(answer.headers.get("x-request-id"));
  expect(answer.text).not.toMatch(/disk|full|SQLITE|ENOSPC|\bat /);
}

/** Puts files on the disk until there is no room. */
function fill(disk: string): () => void {
  const files: string[] = [];
  // A tmpfs takes less than a page no more when it is full.
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

test("a full disk refuses writes with a problem, goes on reading, and takes writes when there is room", async ({
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

  // What is already set aside for the log may still take some.
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
    source: "github",
    type: "push",
    id: "delivery",
    body: "{}",
    secret: SECRETS.github,
  } as const;
  const deliver = () =>
    call("POST", "/webhooks/github", hook.body, signedHeaders({ ...hook, now: Date.now() }));
  // Its source sends it again.
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

test("with the default limits a full disk refuses writes only, and readiness and the log say so", async ({
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

  // The write of a moment ago stands for all callers until a new one is due.
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
  const told = server.lines.filter((line) => line.includes("requests_uncounted"));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/database or disk is full|disk I\/O error/);

  makeRoom();
  expect((await create(call, "after")).status).toBe(201);
  expect(await readiness(call)).toEqual(READY);
  console.log(
    `a full disk, default limits: of 100 reads ${statuses.get(200)} are 200, told in ${told.length} line`,
  );
  expect((await server.stop()).code).toBe(0);
});

test.for(["killed", "stopped"] as const)(
  "who was %s on a full disk starts there, and reads",
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

test("a first start on a full disk says so, and leaves nothing in the way of the next", async ({ skip }) => {
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
  expect(server.key).toMatch(/^cha_/);
});
