import { expect, test } from "vitest";
import { callerFor, keyWith, send } from "./client";
import { describeWith } from "./describeWith";

const POLICY = /^"(?<name>[\w-]+)";q=(?<quota>\d+);w=(?<window>\d+)$/;
const LEFT = /^"(?<name>[\w-]+)";r=(?<left>\d+);t=\d+$/;

/** Reads the quota of the caller from a reply; undefined if the deployment has disabled that limit. */
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

describeWith(["--key"], "the quota of a key", () => {
  test("is separate for each key, and every reply has the remaining quota, including refusals", async () => {
    const caller = callerFor((await keyWith(["keys:read"])).key);
    const first = quotaOf(await caller("GET", "/api/protected"));
    const refused = quotaOf(await caller("POST", "/api/keys"));
    expect(refused?.quota).toBe(first?.quota);
    if (!first || !refused) return;
    expect(first.left).toBe(first.quota - 1);
    // The quota refills meanwhile, but not above its earlier value.
    expect(refused.left).toBeLessThanOrEqual(first.left);
  });
});

test("public routes have the quota of the address, and /health has no quota", async () => {
  expect(quotaOf(await send("/health"))).toBeUndefined();
  const quota = quotaOf(await send("/"));
  if (quota) expect(quota.left).toBeLessThan(quota.quota);
});
