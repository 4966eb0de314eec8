import { expect, test } from "vitest";
import { send } from "./client";
import { describeWith } from "./describeWith";
import { given } from "./given";

const origin = given.origin ?? "https://app.example.com";

/** Sends the preflight request of a browser. */
const preflight = (path: string) =>
  send(path, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "x-api-key,if-match,content-type",
    },
  });

const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));
const list = (text = "") => text.toLowerCase().split(/, */);

/** Returns whether the deployment allows the origin. An origin that was given by `--origin` must be allowed. */
async function isAllowed(): Promise<boolean> {
  const allowed = "access-control-allow-origin" in corsOf(await preflight("/api/keys"));
  expect(allowed || given.origin === undefined).toBe(true);
  return allowed;
}

test("a preflight works without a credential, and lists methods and headers only for an allowed origin", async () => {
  const reply = await preflight("/api/keys/nothing");
  expect([reply.status, await reply.text()]).toEqual([204, ""]);
  const cors = corsOf(reply);
  if (!(await isAllowed())) {
    expect(cors).toEqual({});
    return;
  }
  expect(["*", origin]).toContain(cors["access-control-allow-origin"]);
  expect(cors["access-control-max-age"]).toBe("86400");
  expect(list(cors["access-control-allow-methods"])).toEqual(expect.arrayContaining(["patch", "delete"]));
  const sent = ["x-api-key", "authorization", "if-match", "idempotency-key", "content-type", "prefer"];
  const traces = ["traceparent", "tracestate", "baggage", "sentry-trace"];
  expect(list(cors["access-control-allow-headers"])).toEqual(expect.arrayContaining([...sent, ...traces]));
});

test.each(["/health", "/nowhere", "/api/keys"])(
  "a page of an allowed origin can read %s with any status, and other pages cannot",
  async (path) => {
    const cors = corsOf(await send(path, { headers: { Origin: origin } }));
    if (!(await isAllowed())) {
      expect(cors).toEqual({});
      return;
    }
    expect(["*", origin]).toContain(cors["access-control-allow-origin"]);
    const read = ["x-request-id", "etag", "link", "location", "ratelimit", "retry-after"];
    const downloads = ["content-disposition", "content-range", "accept-ranges"];
    const notices = ["deprecation", "sunset"];
    expect(list(cors["access-control-expose-headers"])).toEqual(
      expect.arrayContaining([...read, ...downloads, ...notices]),
    );
    expect(cors).not.toHaveProperty("access-control-allow-credentials");
  },
);

describeWith(["receiveGithub"], "webhooks", () => {
  test("send no CORS headers", async () => {
    const reply = await send("/webhooks/github", { method: "POST", headers: { Origin: origin } });
    expect(corsOf(reply)).toEqual({});
  });
});
