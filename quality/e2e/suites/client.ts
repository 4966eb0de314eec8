import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { callerWith, type Caller } from "../../../convex/http/testing/caller.testing";
import { json, type Json } from "../../../convex/http/testing/replies.testing";
import { checked, type Send } from "../../../openapi/contract/check";
import { described } from "./document";
import { given } from "./given";
import { rateLimitWait } from "./rateLimit";

// Written to stderr, because the reporter prints the name of the test above console output.
const waitForRateLimit = rateLimitWait((line) => void process.stderr.write(`${line}\n`));

/** Headers that are checked. A host or a proxy may add others, which the document does not describe. */
const known = new Set([...described().headers.keys(), ...["allow", "content-type", "date"]]);
const OF_PREFLIGHTS = /^access-control-/;

/**
 * Sends a request, and checks the reply against the OpenAPI document. A request that is refused by a rate limit waits and is
 * repeated, so that the suites can run against a deployment with rate limits.
 *
 * @param path a path of the deployment.
 */
export const send: Send = checked(
  async (path, init) => {
    // A proxy that compresses replies makes strong ETags weak, and If-Match never matches weak ETags.
    const headers = new Headers(init?.headers);
    headers.set("Accept-Encoding", "identity");
    for (let attempt = 1; ; attempt++) {
      const reply = await fetch(given.baseUrl + path, { redirect: "manual", ...init, headers });
      if (reply.status !== 429 || attempt === 4) return given.direct ? reply : withoutStrangers(reply);
      await waitForRateLimit(reply);
    }
  },
  { described: described() },
);

function withoutStrangers(reply: Response): Response {
  const headers = [...reply.headers].filter(([name]) => known.has(name) || OF_PREFLIGHTS.test(name));
  return new Response(reply.body, { status: reply.status, headers });
}

/** Returns a client with this key. */
export const callerFor = (key: string): Caller => callerWith(send, key);

/** The client with the key of `--key`. */
export const root: Caller = (...request) => callerFor(given.key ?? "")(...request);

/** Returns an unused name. */
export const uniqueName = (): string => `e2e-${randomUUID()}`;

/** Deletes a resource at the end of the test, if it still exists. */
export function deleteAfterTest(path: string): void {
  onTestFinished(async () => {
    expect([204, 404]).toContain((await root("DELETE", path)).status);
  });
}

/** Creates a resource. The test deletes it at its end. */
export async function create(path: string, body: Json): Promise<{ reply: Response; body: Json; at: string }> {
  const reply = await root("POST", path, body);
  const created = await json(reply, 201);
  const at = `${path}/${String(created["id"])}`;
  deleteAfterTest(at);
  return { reply, body: created, at };
}

/** Creates a key of the same user with these scopes. The test revokes it at its end. */
export async function keyWith(scopes: readonly string[]): Promise<{ key: string; at: string }> {
  const { body, at } = await create("/api/keys", { name: uniqueName(), scopes });
  return { key: String(body["key"]), at };
}

/** Calls `ask` with growing waits until it returns a value. @throws Error after a minute. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let ms = 50, waited = 0; waited < 60_000; waited += ms, ms = Math.min(ms * 2, 5_000)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await wait(ms);
  }
  throw new Error("The expected state was not reached within a minute.");
}
