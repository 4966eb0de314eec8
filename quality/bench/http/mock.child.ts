/** The product's own functions and routes on the official mock, `convex-test`, behind `@hono/node-server`. Limits are off. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- the compiler does not know which module a string names */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { convexTest } from "convex-test";
import { internal } from "../../../convex/_generated/api";
import schema from "../../../convex/schema";
import { answerParent } from "../lib/children";
import { WEBHOOK_SETTINGS } from "./webhooks";

const settings = { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0", ...WEBHOOK_SETTINGS };
Object.assign(process.env, settings);

/**
 * The modules that the mix calls. A call of another module fails with its name. With `as string`, a project that has removed
 * one of these modules still type-checks.
 */
const mock = convexTest(schema, {
  "../../../convex/_generated/api.js": () => Promise.resolve({}),
  "../../../convex/apiKeys.ts": () => import("../../../convex/apiKeys"),
  "../../../convex/auth.ts": () => import("../../../convex/auth"),
  "../../../convex/clerk.ts": () => import("../../../convex/clerk"),
  "../../../convex/webhooks/clerkEffects.ts": () => import("../../../convex/webhooks/clerkEffects"),
  "../../../convex/github.ts": () => import("../../../convex/github" as string) as Promise<object>,
  "../../../convex/webhooks/githubEffects.ts": () =>
    import("../../../convex/webhooks/githubEffects" as string) as Promise<object>,
  "../../../convex/http.ts": () => import("../../../convex/http"),
  "../../../convex/items.ts": () => import("../../../convex/items" as string) as Promise<object>,
  "../../../convex/payments.ts": () => import("../../../convex/payments" as string) as Promise<object>,
  "../../../convex/stripe.ts": () => import("../../../convex/stripe" as string) as Promise<object>,
  "../../../convex/webhooks/stripeEffects.ts": () =>
    import("../../../convex/webhooks/stripeEffects" as string) as Promise<object>,
  "../../../convex/users.ts": () => import("../../../convex/users"),
  "../../../convex/webhooks/log.ts": () => import("../../../convex/webhooks/log"),
  "../../../convex/webhooks/process.ts": () => import("../../../convex/webhooks/process"),
  "../../../convex/webhooks/receive.ts": () => import("../../../convex/webhooks/receive"),
});
// Discards the log line of each request.
console.log = () => undefined;

async function fetch(request: Request): Promise<Response> {
  const { method, url, headers } = request;
  const { pathname, search } = new URL(url);
  const body = method === "GET" ? null : await request.text();
  return mock.fetch(pathname + search, { method, headers, body });
}

const server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, () => {
  answerParent({
    async place() {
      const { key } = await mock.action(internal.apiKeys.issue, { name: "bench", scopes: ["*"] });
      return { port: (server.address() as AddressInfo).port, key };
    },
  });
});
