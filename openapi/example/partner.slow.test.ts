/** The example as a partner starts it: a process of its own, which knows an address and a key. */
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
/** Requests for which the test leaves room: fewer than the example makes. */
const LEFT = 3;

test("the example lists, creates once, pages, reads problems, and waits for room after a 429", async () => {
  const start = Date.now();
  let ahead = 0;
  const { server } = await serve({
    project: join(import.meta.dirname, "../.."),
    env: { RATE_LIMIT_KEY_PER_MINUTE: String(PER_MINUTE) },
    // It stands still until told, and so does the refilling of the key's quota.
    clock: () => start + ahead,
  });
  const gateway = await openGateway(server.url);
  onTestFinished(gateway.close);
  const who = { name: "partner", email: "partner@example.com", scopes: ["items:read", "items:write"] };
  const { key } = (await server.run("apiKeys:issue", who)) as { key: string };
  for (let n = LEFT; n < PER_MINUTE; n++)
    await fetch(`${gateway.url}/api/items`, { headers: { "X-API-Key": key } });

  const said: string[] = [];
  const program = await bundled(join(import.meta.dirname, "partner.ts"));
  const args = [program, "--url", gateway.url, "--key", key];
  const example = endsWithTest(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
  const ended = once(example, "exit");
  for await (const line of createInterface({ input: example.stdout })) {
    if (line.startsWith("waits")) ahead += MINUTE;
    // It may come back before the clock of a slow machine has moved on.
    if (line !== said.at(-1)) said.push(line);
  }
  const [, id = ""] = /^created +bolt (\w+)$/.exec(said[1] ?? "") ?? [];
  expect(said).toEqual([
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
