/** Applies docs/guides/add-a-resource.md to a copy of the project. */
import { expect, test } from "vitest";
import type { Send } from "../../openapi/contract/check";
import { callerWith, type Caller } from "../../convex/http/testing/caller.testing";
import { Project } from "./project";

test("the guide's steps add a resource that type-checks, matches its contract and answers requests", async () => {
  const project = await Project.copy();
  const files = await project.follow("add-a-resource", "# Add a resource");
  expect(files).toContain("convex/http/notes/notes.contract.ts");
  await project.lint(files);

  const { send, key } = await project.start();
  const call = callerWith(send, key);
  await writesOnce(call);
  await pages(call);
  await readsAndChanges(call);
  await refuses(call, send);
});

async function writesOnce(call: Caller): Promise<void> {
  const headers = { "Idempotency-Key": "first" };
  const first = await call("POST", "/api/notes", { text: "one" }, headers);
  const again = await call("POST", "/api/notes", { text: "one" }, headers);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.headers.get("location")).toBe(first.headers.get("location"));
  expect(await again.json()).toEqual(await first.json());
}

async function pages(call: Caller): Promise<void> {
  expect((await call("POST", "/api/notes", { text: "two" })).status).toBe(201);
  const newest = await call("GET", "/api/notes?limit=1");
  expect(await newest.json()).toMatchObject([{ text: "two" }]);
  const next = /^<([^>]+)>; rel="next"$/.exec(newest.headers.get("link") ?? "")?.[1] ?? "";
  const oldest = await call("GET", next);
  expect(await oldest.json()).toMatchObject([{ text: "one" }]);
  expect(oldest.headers.has("link")).toBe(false);
}

async function readsAndChanges(call: Caller): Promise<void> {
  const created = await call("POST", "/api/notes", { text: "three" });
  const path = created.headers.get("location") ?? "";
  const read = await call("GET", path);
  const etag = read.headers.get("etag") ?? "";
  expect([read.status, await read.json()]).toEqual([200, await created.json()]);
  const status = async (method: string, body?: object, headers?: Record<string, string>) =>
    (await call(method, path, body, headers)).status;
  expect(await status("GET", undefined, { "If-None-Match": etag })).toBe(304);
  expect(await status("PATCH", { text: "four" }, { "If-Match": etag })).toBe(200);
  expect(await status("PATCH", { text: "five" }, { "If-Match": etag })).toBe(412);
  expect(await (await call("GET", path)).json()).toMatchObject({ text: "four" });
  expect(await status("DELETE", undefined, { "If-Match": etag })).toBe(412);
  expect(await status("DELETE")).toBe(204);
  expect(await status("GET")).toBe(404);
}

async function refuses(call: Caller, send: Send): Promise<void> {
  const bad = await call("POST", "/api/notes", { text: "", title: "none" });
  expect(bad.headers.get("content-type")).toBe("application/problem+json");
  expect(await bad.json()).toMatchObject({ status: 400, code: "invalid_request", errors: [{}, {}] });

  const minted = await call("POST", "/api/keys", { name: "reader", scopes: ["notes:read"] });
  const { key } = (await minted.json()) as { key: string };
  const reader = callerWith(send, key);
  expect((await reader("GET", "/api/notes")).status).toBe(200);
  const refused = await reader("POST", "/api/notes", { text: "mine" });
  expect(await refused.json()).toMatchObject({ status: 403, code: "insufficient_scope" });
}
