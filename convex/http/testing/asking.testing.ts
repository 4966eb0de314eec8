import { expect } from "vitest";
import { as, later, send, type Call } from "./engine.testing";
import { json, problem } from "./replies.testing";
import { bodyFor, pathFor, type Route } from "./routes.testing";

/** Sends what the route takes, except for what a row has changed about it. */
export function ask(
  route: Route,
  path: string,
  change: { headers?: Record<string, string>; body?: string | ReadableStream; method?: string } = {},
): Promise<Response> {
  const taken = bodyFor(route);
  const { method = route.method, headers, body = taken?.text } = change;
  return send(path, {
    method,
    headers: { ...(taken && { "Content-Type": taken.type }), ...headers },
    ...(body !== undefined && method !== "HEAD" && { body }),
    // Without it no stream is sent.
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}

/** The header in which the route takes a credential, or both that it may take it in. */
export function carrying(route: Route, key: string): Record<string, string>[] {
  const forms = { "x-api-key": { "X-API-Key": key }, authorization: { Authorization: `Bearer ${key}` } };
  return route.credential ? [forms[route.credential]] : Object.values(forms);
}
export const oneCarrying = (route: Route, key: string): Record<string, string> =>
  carrying(route, key)[0] ?? {};

/** A key that was good once. */
export async function keyThat(ended: "expired" | "was revoked", owner: Call): Promise<string> {
  const body = { name: "ended", scopes: ["*"] };
  const { id, key } = await json(owner("POST", "/api/keys", body), 201);
  if (ended === "was revoked") {
    expect((await owner("DELETE", `/api/keys/${String(id)}`)).status).toBe(204);
  } else {
    await json(owner("POST", `/api/keys/${String(id)}/rotate`, { overlapSeconds: 1 }));
    later(1001);
  }
  return String(key);
}

/** Each form in which the route takes a credential refuses this key, and says so. */
export async function refusedAsInvalid(route: Route, key: string): Promise<void> {
  for (const headers of carrying(route, key)) {
    const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
    expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    const { detail } = await problem(reply, 403, "invalid_credential");
    expect(detail).toBe("X-API-Key" in headers ? "Invalid API key" : "Invalid token");
  }
}
