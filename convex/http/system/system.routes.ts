import { internal } from "../../_generated/api";
import { fail, type FailureCode } from "../../lib/failure.lib";
import type { Api } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { PROBLEMS } from "../kit/problem.kit";
import { withTimeout } from "../middleware/deadline.middleware";
import { getDocs, getHealth, getIndex, getOpenApi, getProblem, getReadiness } from "./system.contract";

/** The name of the API, and its version: that of the contract, not of the program. */
export const API = { name: "convex-hono-api", version: "1.0.0" };

const LINKS = { docs: "/docs", openapi: "/openapi.json", health: "/health", ready: "/health/ready" };

type Check = { name: string; ok: boolean; ms: number };

/** A dependency that takes longer than this, in milliseconds, does not work. Shorter than the deadline of a request. */
const CHECK_MS = 5_000;

/** Whether something that requests depend on works, and the milliseconds until that was known. The log has the reason. */
async function check(name: string, work: () => Promise<unknown>): Promise<Check> {
  const started = Date.now();
  const ok = await withTimeout(CHECK_MS, work).then(
    () => true,
    (error: unknown) => {
      console.error(
        JSON.stringify({ level: "error", event: "not_ready", check: name, cause: String(error) }),
      );
      return false;
    },
  );
  return { name, ok, ms: Date.now() - started };
}

export function system(api: Api): void {
  implement(api, getIndex, async (c) => {
    const accept = c.req.header("Accept");
    // Each reply says all that it may vary by.
    const headers = { Vary: "Accept, Origin" };
    const page =
      accept?.toLowerCase().includes("text/html") &&
      (await c.env.runQuery(internal.openapi.prefersPage, { accept }));
    return page
      ? c.body(null, 302, { Location: LINKS.docs, ...headers })
      : c.json({ ...API, links: LINKS }, 200, headers);
  });

  implement(api, getOpenApi, async (c) => {
    const { body, headers } = await c.env.runQuery(internal.openapi.document, {});
    return c.body(body, 200, headers);
  });

  implement(api, getDocs, async (c) => {
    const { body, headers } = await c.env.runQuery(internal.openapi.page, {});
    return c.body(body, 200, headers);
  });

  implement(api, getHealth, (c) => Promise.resolve(c.json({ status: "ok" }, 200)));

  implement(api, getReadiness, async (c) => {
    const checks = await Promise.all([
      check("database.read", () => c.env.runQuery(internal.health.read, { askedAt: Date.now() })),
      check("database.write", () => c.env.runMutation(internal.health.write, {})),
    ]);
    return checks.every(({ ok }) => ok)
      ? c.json({ status: "ready", checks }, 200)
      : c.json({ status: "unavailable", checks }, 503);
  });

  implement(api, getProblem, async (c) => {
    const { code } = c.req.valid("param");
    const explanation = await c.env.runQuery(internal.problems.explain, { code });
    if (explanation === null) fail("not_found", `There is no problem ${code}`);
    const { status, title } = PROBLEMS[code as FailureCode];
    return c.json({ code, status, title, explanation }, 200);
  });
}
