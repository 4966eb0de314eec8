/** The receiver of `npm run webhook -- listen`, against a running server. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../../packages/convex-embedded/fixtures/serve";
import { listen } from "./listen";

async function api() {
  const { server } = await serve({
    project: join(import.meta.dirname, "../.."),
    env: { WEBHOOK_ALLOW_HTTP: "1" },
  });
  const owner = { name: "ada", email: "ada@example.com", scopes: ["*"] };
  const { key } = (await server.run("apiKeys:issue", owner)) as { key: string };
  const call = (method: string, path: string, body?: unknown) =>
    fetch(server.url + path, {
      method,
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { server, key, call };
}

test("a change is verified and printed, a forged request is refused, and the end deletes the endpoint", async () => {
  const { server, key, call } = await api();
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const listener = await listen({ url: server.url, key, events: ["key.created"], print });
  expect(lines[0]).toMatch(/^listening for key\.created as \w+$/);
  await call("POST", "/api/keys", { name: "bolt", scopes: ["keys:read"] });
  await expect.poll(() => lines[1]).toMatch(/^verified key\.created \{"id":"\w+",.*"name":"bolt",.+\} \w+$/);
  const [endpoint] = (await (await call("GET", "/api/webhook-endpoints")).json()) as { url: string }[];
  const forged = await fetch(endpoint?.url ?? "", {
    method: "POST",
    headers: { "webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA" },
    body: '{"type":"key.created","data":{}}',
  });
  expect([forged.status, lines[2]]).toEqual([400, "REFUSED  key.created {} x"]);
  await listener.close();
  expect(await (await call("GET", "/api/webhook-endpoints")).json()).toEqual([]);
});

test("the API's refusal is the message", async () => {
  const { server } = await api();
  const refused = listen({ url: server.url, key: "cha_x", events: ["*"], print: () => undefined });
  await expect(refused).rejects.toThrow("403: Invalid API key");
});
