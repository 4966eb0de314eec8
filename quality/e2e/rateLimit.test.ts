import { expect, test } from "vitest";
import { rateLimitWait } from "./suites/rateLimit";

function refused(policy: string | null, seconds: string): Response {
  const headers = { "Retry-After": seconds, ...(policy !== null && { "RateLimit-Policy": policy }) };
  return new Response(null, { status: 429, headers });
}

test("who watches is told of each wait, once for all that wait together, and first what to do", async () => {
  const lines: string[] = [];
  const slept: number[] = [];
  const until = rateLimitWait(
    (line) => lines.push(line),
    (ms) => Promise.resolve(slept.push(ms)),
  );
  const limited = refused('"key";q=60;w=60', "3");
  await Promise.all([until(limited), until(limited)]);
  expect(lines).toEqual([
    "Waiting 3 s for the deployment's rate limit: 60 requests a minute. For a faster run raise RATE_LIMIT_KEY_PER_MINUTE " +
      "there, or set it to 0",
  ]);
  await until(limited);
  expect(lines.slice(1)).toEqual(["Waiting 3 s for the deployment's rate limit"]);
  expect(slept).toEqual([3000, 3000, 3000]);
});

test.each([
  ['"address";q=120;w=60', "raise RATE_LIMIT_IP_PER_MINUTE there"],
  [null, "it is none of the API's settings"],
])("the limit %s is told as %s", async (policy, said) => {
  const lines: string[] = [];
  await rateLimitWait(
    (line) => lines.push(line),
    () => Promise.resolve(),
  )(refused(policy, "1"));
  expect(lines[0]).toContain(said);
});
