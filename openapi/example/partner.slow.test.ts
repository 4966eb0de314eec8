/** Runs the example as a partner does: in its own process, with a URL and a key. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { bundled, endsWithTest } from "../../packages/convex-embedded/fixtures/child";
import { serve } from "../../packages/convex-embedded/fixtures/serve";
import { openGateway } from "../contract/gateway";

const MINUTE = 60_000;
const PER_MINUTE = 60;
/** The remaining quota when the example starts, in requests. The example sends more. */
const REMAINING_QUOTA = 3;

test("the example lists, creates once, pages, reads problems, and waits after a 429", async () => {
  const start = Date.now();
  let offset = 0;
  const { server } = await serve({
    project: join(import.meta.dirname, "../.."),
    env: { RATE_LIMIT_KEY_PER_MINUTE: String(PER_MINUTE) },
    // The clock, and so the quota, advances only when the test advances it.
    clock: () => start + offset,
  });
  const gateway = await openGateway(server.url);
  onTestFinished(gateway.close);
  const owner = { name: "partner", email: "partner@example.com", scopes: ["items:read", "items:write"] };
  const { key } = (await server.run("apiKeys:issue", owner)) as { key: string };
  for (let n = REMAINING_QUOTA; n < PER_MINUTE; n++)
    await fetch(`${gateway.url}/api/items`, { headers: { "X-API-Key": key } });

  const lines: string[] = [];
  const program = await bundled(join(import.meta.dirname, "partner.ts"));
  const args = [program, "--url", gateway.url, "--key", key];
  const example = endsWithTest(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
  const ended = once(example, "exit");
  for await (const line of createInterface({ input: example.stdout })) {
    if (line.startsWith("waits")) offset += MINUTE;
    // The example may wait twice, because it can retry before the test has advanced the clock.
    if (line !== lines.at(-1)) lines.push(line);
  }
  const [, id = ""] = /^created +bolt (\w+)$/.exec(lines[1] ?? "") ?? [];
  expect(lines).toEqual([
    "listed   no item",
    `created  bolt ${id}`,
    `repeated bolt ${id}, the same`,
    "waits    1 s, because of a 429",
    "page     washer, nut",
    "page     bolt",
    "problem  not_found: No item nothing",
    "problem  invalid_request: name must not be empty",
  ]);
  expect(await ended).toEqual([0, null]);
});

test("with --webhooks, the example verifies an event, ignores its repetition, and deletes its endpoint", async () => {
  const { server } = await serve({
    project: join(import.meta.dirname, "../.."),
    env: { WEBHOOK_ALLOW_HTTP: "1" },
  });
  const owner = { name: "partner", email: "partner@example.com", scopes: ["*"] };
  const { key } = (await server.run("apiKeys:issue", owner)) as { key: string };
  const program = await bundled(join(import.meta.dirname, "partner.ts"));
  const args = [program, "--url", server.url, "--key", key, "--webhooks"];
  const example = endsWithTest(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
  const ended = once(example, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: example.stdout })) lines.push(line);
  expect(lines.slice(-3)).toEqual([
    "listens  item.created",
    "event    item.created gear",
    "ignored  the same event",
  ]);
  expect(await ended).toEqual([0, null]);
  const headers = { "X-API-Key": key };
  expect(await (await fetch(`${server.url}/api/webhook-endpoints`, { headers })).json()).toEqual([]);
});
