import { expect, test } from "vitest";
import { rateLimitWait } from "./suites/rateLimit";

function refused(policy: string | null, seconds: string): Response {
  const headers = { "Retry-After": seconds, ...(policy !== null && { "RateLimit-Policy": policy }) };
  return new Response(null, { status: 429, headers });
}

test("one line is printed for requests that wait together, and the first line names the setting to raise", async () => {
  const lines: string[] = [];
  const slept: number[] = [];
  const until = rateLimitWait(
    (line) => lines.push(line),
    (ms) => Promise.resolve(slept.push(ms)),
  );
  const limited = refused('"key";q=60;w=60', "3");
  await Promise.all([until(limited), until(limited)]);
  expect(lines).toEqual([
    "Waiting 3 s for the deployment's rate limit: 60 requests a minute. For a faster run, raise RATE_LIMIT_KEY_PER_MINUTE " +
      "of the deployment, or set it to 0",
  ]);
  await until(limited);
  expect(lines.slice(1)).toEqual(["Waiting 3 s for the deployment's rate limit"]);
  expect(slept).toEqual([3000, 3000, 3000]);
});

test.each([
  ['"address";q=120;w=60', "raise RATE_LIMIT_IP_PER_MINUTE of the deployment"],
  [null, "a limit outside of the API"],
])("the limit %s is reported with: %s", async (policy, hint) => {
  const lines: string[] = [];
  await rateLimitWait(
    (line) => lines.push(line),
    () => Promise.resolve(),
  )(refused(policy, "1"));
  expect(lines[0]).toContain(hint);
});
