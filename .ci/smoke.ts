/**
 * Starts the server with the README's command in a new data directory, loads the reference page, creates a user with the
 * printed key, kills the server, starts it again, and reads the user.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { looksLikeApiKey } from "../convex/identity/apiKey.lib";
import { checkedFetch } from "../openapi/contract/check";
import { ServerProcess } from "../quality/lib/server";

const data = join(mkdtempSync(join(tmpdir(), "api-smoke-")), "data");

const command = ["npm", "start", "--"];
const first = await ServerProcess.start({ command, data });
const expected = ["api", "docs", "data", "key", "ready"];
const labels = first.lines.map((line) => line.split(" ", 1)[0] ?? "");
assert.deepEqual(
  labels.filter((label) => expected.includes(label)),
  expected,
);
const page = await checkedFetch(first.printed("docs") ?? "");
assert.equal(page.status, 200);
assert.match(page.headers.get("content-type") ?? "", /^text\/html/);

const { key } = first;
assert.ok(looksLikeApiKey(key), "the first start must print a key");
const headers = { "X-API-Key": key, "Content-Type": "application/json" };
const created = await checkedFetch(`${first.url}/api/users`, {
  method: "POST",
  headers,
  body: JSON.stringify({ name: "Ada", email: "ada@example.com" }),
});
assert.equal(created.status, 201);
const user = (await created.json()) as { id: string };

const second = await first.restart();
assert.equal(second.printed("key"), undefined, "a later start must not print a key");
const found = await checkedFetch(`${second.url}/api/users/${user.id}`, { headers });
assert.equal(found.status, 200);
assert.deepEqual(await found.json(), user);
await second.kill();

rmSync(data, { recursive: true });
console.log("the user that was acknowledged before the kill is still stored after it");
