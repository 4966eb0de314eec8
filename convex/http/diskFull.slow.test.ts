import { expect, test } from "vitest";
import { checkedFetch } from "../../openapi/contract/check";
import { serve } from "../../packages/convex-embedded/fixtures/serve";

test("a full disk returns the API's own problem, without details of the disk", async () => {
  const state = { commits: false };
  const beforeCommit = (): void => {
    if (state.commits) throw new Error("database or disk is full");
  };
  const { server } = await serve({
    project: process.cwd(),
    hooks: { beforeCommit },
    env: { RATE_LIMIT_IP_PER_MINUTE: "0" },
  });
  const args = { name: "local development", scopes: ["*"], email: "developer@localhost.invalid" };
  const { key } = (await server.run("apiKeys:issue", args)) as { key: string };
  const create = () =>
    checkedFetch(`${server.url}/api/keys`, {
      method: "POST",
      body: JSON.stringify({ name: "bolt", scopes: ["*"] }),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });
  state.commits = true;
  const response = await create();
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "unavailable" });
  expect(text).not.toMatch(/commit|disk/);
  state.commits = false;
  expect((await create()).status).toBe(201);
});
