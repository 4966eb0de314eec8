/** Another process that holds the database's write lock, such as the `sqlite3` shell with an open transaction. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Connection } from "../../../packages/convex-embedded/src/store/sqlite";
import { caller } from "../client";
import { READY, readiness } from "./readiness";
import { temporaryDirectory } from "../../lib/testServer";
import { refusedStart, startServer } from "../server";

const DEFAULT_LIMITS = { RATE_LIMIT_KEY_PER_MINUTE: "600", RATE_LIMIT_IP_PER_MINUTE: "120" };

const timed = async <T>(work: Promise<T>): Promise<{ value: T; ms: number }> => {
  const started = performance.now();
  return { value: await work, ms: performance.now() - started };
};

test("while another process holds the lock, writes get 503, and reads and the event loop are not blocked", async () => {
  const data = join(temporaryDirectory(), "data");
  const server = await startServer({ data, settings: DEFAULT_LIMITS });
  const call = caller(server.url, server.key);
  const before = await call("POST", "/api/items", { name: "before" });
  const path = `/api/items/${String(before.json["id"])}`;
  expect(await readiness(call)).toEqual(READY);

  const other = new Connection(join(data, "data.sqlite"));
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  const write = timed(call("POST", "/api/items", { name: "during" }));
  const writing = { now: true };
  void write.finally(() => (writing.now = false));
  let answered = 0;
  let longest = 0;
  while (writing.now) {
    longest = Math.max(longest, (await timed(call("GET", "/health"))).ms);
    answered++;
    await pause(10);
  }
  const first = await write;
  expect([first.value.status, first.value.json["code"]]).toEqual([503, "unavailable"]);
  expect(first.value.headers.get("retry-after")).toBe("5");
  // A blocked process would answer only the requests that were sent before the write.
  expect(answered).toBeGreaterThan(3);

  const read = await timed(call("GET", path));
  expect([read.value.status, read.value.json]).toEqual([200, before.json]);
  const second = await timed(call("POST", "/api/items", { name: "during" }));
  expect(second.value.status).toBe(503);
  expect(second.ms).toBeLessThan(first.ms);
  expect(await readiness(call)).toEqual({ status: 503, read: true, write: false });

  other.exec("ROLLBACK");
  expect((await call("POST", "/api/items", { name: "after" })).status).toBe(201);
  expect(await readiness(call)).toEqual(READY);
  expect((await server.stop()).code).toBe(0);
  const ms = (value: number) => `${Math.round(value)} ms`;
  console.log(
    `lock held: the first write is refused after ${ms(first.ms)}; meanwhile ${answered} GET /health of at most ${ms(longest)}; ` +
      `then a read takes ${ms(read.ms)} and another write ${ms(second.ms)}`,
  );
});

test("a start is refused in one line while another process holds the lock", async () => {
  const data = join(temporaryDirectory(), "data");
  await (await startServer({ data })).stop();
  const other = new Connection(join(data, "data.sqlite"));
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  const { status, printed } = await refusedStart({ data });
  expect(status).toBe(1);
  expect(printed).toMatch(/^The database \S+data\.sqlite is locked by another process\. .*$/);
});
