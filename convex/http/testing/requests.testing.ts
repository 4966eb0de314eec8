import { expect } from "vitest";
import { as, advanceClock, send, type Call } from "./engine.testing";
import { json, problem, type Problem } from "./replies.testing";
import { bodyFor, pathFor, requiredHeaders, withRequiredQuery, type Route } from "./routes.testing";

/**
 * Sends a valid request to the route, except for the changes of a test row. Adds the query parameters and headers that the route
 * requires, but no credential.
 */
export function ask(
  route: Route,
  path: string,
  change: { headers?: Record<string, string>; body?: string | ReadableStream; method?: string } = {},
): Promise<Response> {
  const valid = bodyFor(route);
  const { method = route.method, headers, body = valid?.text } = change;
  return send(withRequiredQuery(route, path), {
    method,
    headers: { ...(valid && { "Content-Type": valid.type }), ...requiredHeaders(route), ...headers },
    ...(body !== undefined && method !== "HEAD" && { body }),
    // `fetch` requires it for a stream.
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}

/** Returns the header with a credential, once for each form that the route accepts. */
export function credentialHeaders(route: Route, key: string): Record<string, string>[] {
  const forms = { "x-api-key": { "X-API-Key": key }, authorization: { Authorization: `Bearer ${key}` } };
  return route.credential ? [forms[route.credential]] : Object.values(forms);
}
export const credentialHeader = (route: Route, key: string): Record<string, string> =>
  credentialHeaders(route, key)[0] ?? {};

/** Expects a reply that the contract declares, or a problem that it names. */
export async function expectAccepted(route: Route, reply: Response): Promise<void> {
  const { replies, problems } = route.docs();
  if (reply.status in replies) return;
  const text = await reply.clone().text();
  const { code } = (reply.ok ? {} : JSON.parse(text)) as Partial<Problem>;
  expect(problems ?? [], `${route.title} was answered ${reply.status} ${text}`).toContain(code);
}

/** Creates a key, and lets it expire or revokes it. */
export async function endedKey(ended: "expired" | "was revoked", owner: Call): Promise<string> {
  const body = { name: "ended", scopes: ["*"] };
  const { id, key } = await json(owner("POST", "/api/keys", body), 201);
  if (ended === "was revoked") {
    expect((await owner("DELETE", `/api/keys/${String(id)}`)).status).toBe(204);
  } else {
    await json(owner("POST", `/api/keys/${String(id)}/rotate`, { overlapSeconds: 1 }));
    advanceClock(1001);
  }
  return String(key);
}

/** Expects that the route refuses this key in every form of credential that it accepts. */
export async function refusedAsInvalid(route: Route, key: string): Promise<void> {
  for (const headers of credentialHeaders(route, key)) {
    const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
    expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    const { detail } = await problem(reply, 403, "invalid_credential");
    expect(detail).toBe("X-API-Key" in headers ? "Invalid API key" : "Invalid token");
  }
}
