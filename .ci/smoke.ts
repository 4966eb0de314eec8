/**
 * Starts the server by the README's command in a fresh data directory, looks at the reference, makes an item with the key it
 * prints, kills it hard, starts it again and finds the item.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLines } from "../packages/convex-embedded/fixtures/startLines";
import { checkedFetch } from "../openapi/contract/check";

const data = join(mkdtempSync(join(tmpdir(), "api-smoke-")), "data");

/** Runs `npm start` until its `ready` line; answers what it printed, by the first word of each line. */
async function start(): Promise<{ printed: Map<string, string>; kill: () => Promise<void> }> {
  // A process group of its own, so that killing it leaves nothing that npm started behind.
  const child = spawn("npm", ["start", "--", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  return { printed: await startLines(child.stdout), kill: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await once(child, "exit");
}

/** What followed a word that was printed. */
function after(word: string, { printed }: { printed: Map<string, string> }): string {
  return printed.get(word) ?? assert.fail(`${word} was not printed`);
}

const first = await start();
const promised = ["api", "docs", "data", "key", "ready"];
assert.deepEqual(
  [...first.printed.keys()].filter((word) => promised.includes(word)),
  promised,
);
const page = await checkedFetch(after("docs", first));
assert.equal(page.status, 200);
assert.match(page.headers.get("content-type") ?? "", /^text\/html/);

const key = after("key", first);
assert.match(key, /^cha_/, "the first start prints a key");
const headers = { "X-API-Key": key, "Content-Type": "application/json" };
const created = await checkedFetch(`${after("api", first)}/api/items`, {
  method: "POST",
  headers,
  body: JSON.stringify({ name: "bolt" }),
});
assert.equal(created.status, 201);
const item = (await created.json()) as { id: string };
await first.kill();

const second = await start();
assert.equal(second.printed.has("key"), false, "a later start prints no key");
const found = await checkedFetch(`${after("api", second)}/api/items/${item.id}`, { headers });
assert.equal(found.status, 200);
assert.deepEqual(await found.json(), item);
await second.kill();

rmSync(data, { recursive: true });
console.log("the item that was acknowledged before the kill is there after it");
