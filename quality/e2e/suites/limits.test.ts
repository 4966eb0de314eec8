import { expect, test } from "vitest";
import { callerFor, keyWith, send } from "./client";
import { describeWith } from "./describeWith";

const POLICY = /^"(?<name>[\w-]+)";q=(?<quota>\d+);w=(?<window>\d+)$/;
const LEFT = /^"(?<name>[\w-]+)";r=(?<left>\d+);t=\d+$/;

/** What a reply says of its caller's quota; undefined where the deployment has switched that limit off. */
function quotaOf({ headers }: Response): { name: string; quota: number; left: number } | undefined {
  const [policy, left] = [headers.get("ratelimit-policy"), headers.get("ratelimit")];
  expect(policy === null).toBe(left === null);
  if (policy === null || left === null) return undefined;
  expect(policy).toMatch(POLICY);
  expect(left).toMatch(LEFT);
  const [of, now] = [POLICY.exec(policy)?.groups, LEFT.exec(left)?.groups];
  expect(now?.["name"]).toBe(of?.["name"]);
  return { name: of?.["name"] ?? "", quota: Number(of?.["quota"]), left: Number(now?.["left"]) };
}

describeWith(["--key"], "of a key", () => {
  test("each has its own quota, and every reply says what is left, refusals too", async () => {
    const caller = callerFor((await keyWith(["items:read"])).key);
    const first = quotaOf(await caller("GET", "/api/protected"));
    const refused = quotaOf(await caller("POST", "/api/items"));
    expect(refused?.quota).toBe(first?.quota);
    if (!first || !refused) return;
    expect(first.left).toBe(first.quota - 1);
    // It refills meanwhile, but to no more than it was.
    expect(refused.left).toBeLessThanOrEqual(first.left);
  });
});

test("public routes tell the quota of an address, health has none", async () => {
  expect(quotaOf(await send("/health"))).toBeUndefined();
  const quota = quotaOf(await send("/"));
  if (quota) expect(quota.left).toBeLessThan(quota.quota);
});
