import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { callerWith, type Caller } from "../../../convex/http/testing/caller.testing";
import { json, type Json } from "../../../convex/http/testing/replies.testing";
import { checked, productDocument, type Send } from "../../../openapi/contract/check";
import { given } from "./describeWith";
import { rateLimitWait } from "./rateLimit";

// Not the console, which the reporter would head with the name of the test.
const waitForRateLimit = rateLimitWait((line) => void process.stderr.write(`${line}\n`));

/** What a deployment's own host and what stands before it may add, and the document cannot know. */
const known = new Set([...productDocument().headers.keys(), ...["allow", "content-type", "date"]]);
const OF_PREFLIGHTS = /^access-control-/;

/**
 * Sends a request as it stands, and holds the reply against the OpenAPI document. A request for which there is no room yet
 * waits for it, so that the suites run against the limits that a deployment has.
 *
 * @param path Of the deployment, or where one of its replies led: a path or a URL.
 */
export const send: Send = checked(async (path, init) => {
  // A proxy that compresses makes strong tags weak, which then guard no write.
  const headers = new Headers(init?.headers);
  headers.set("Accept-Encoding", "identity");
  for (let attempt = 1; ; attempt++) {
    const reply = await fetch(given.baseUrl + path, { redirect: "manual", ...init, headers });
    if (reply.status !== 429 || attempt === 4) return given.direct ? reply : withoutStrangers(reply);
    await waitForRateLimit(reply);
  }
});

function withoutStrangers(reply: Response): Response {
  const headers = [...reply.headers].filter(([name]) => known.has(name) || OF_PREFLIGHTS.test(name));
  return new Response(reply.body, { status: reply.status, headers });
}

/** Who has this key. */
export const callerFor = (key: string): Caller => callerWith(send, key);

/** Who has the key that was given. */
export const root: Caller = (...request) => callerFor(given.key ?? "")(...request);

/** A name that nobody has used. */
export const uniqueName = (): string => `e2e-${randomUUID()}`;

/** Deletes what is there at the end of the test; it may be gone by then. */
export function deleteAfterTest(path: string): void {
  onTestFinished(async () => {
    expect([204, 404]).toContain((await root("DELETE", path)).status);
  });
}

/** Creates something, which is gone when the test is. */
export async function create(path: string, body: Json): Promise<{ reply: Response; body: Json; at: string }> {
  const reply = await root("POST", path, body);
  const created = await json(reply, 201);
  const at = `${path}/${String(created["id"])}`;
  deleteAfterTest(at);
  return { reply, body: created, at };
}

/** A key of the same user with these scopes, revoked when the test is over. */
export async function keyWith(scopes: readonly string[]): Promise<{ key: string; at: string }> {
  const { body, at } = await create("/api/keys", { name: uniqueName(), scopes });
  return { key: String(body["key"]), at };
}

/** Asks again and again, with growing waits, until what happens soon has happened. @throws Error after a minute. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let ms = 50, waited = 0; waited < 60_000; waited += ms, ms = Math.min(ms * 2, 5_000)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await wait(ms);
  }
  throw new Error("It has not happened within a minute.");
}
