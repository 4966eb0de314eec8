import { expect } from "vitest";
import { KEY_PREFIX } from "../../identity/apiKey.lib";
import { send, type Call } from "../testing/engine.testing";
import { json, problem, type Json } from "../testing/replies.testing";

export const KEY_FORM = new RegExp(`^${KEY_PREFIX}[0-9a-z]{12}_[0-9a-z]{40}_[0-9a-f]{8}$`);
export const HOUR = 3_600_000;

/** Returns the time `ms` milliseconds from now in the format of the API. */
export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Sends `GET /api/protected` with this key. */
export const using = (key: unknown): Promise<Response> =>
  send("/api/protected", { headers: { "X-API-Key": String(key) } });

/** Returns the body of a request that creates a key. Every user may grant its scope. */
export const newKey = (name = "bolt"): Json => ({ name, scopes: ["keys:read"] });

/** Creates a key as this caller. `use` sends a request with the new key. */
export async function mint(
  call: Call,
  body: Json,
): Promise<{ made: Json; path: string; use: () => Promise<Response> }> {
  const reply = await call("POST", "/api/keys", body);
  const made = await json(reply, 201);
  return { made, path: reply.headers.get("location") ?? "", use: () => using(made["key"]) };
}

/** Expects the reply to an expired, revoked or deleted key. */
export async function expectRefusedKey(reply: Promise<Response>): Promise<void> {
  expect((await problem(reply, 403, "invalid_credential")).detail).toBe("Invalid API key");
}
