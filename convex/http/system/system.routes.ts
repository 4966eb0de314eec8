import { internal } from "../../_generated/api";
import { fail, type FailureCode } from "../../lib/failure.lib";
import type { Api } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { PROBLEMS } from "../kit/problem.kit";
import { getHealth, getIndex, getProblem, getReadiness } from "./system.contract";

/** The name of the API, and its version: that of the contract, not of the program. */
export const API = { name: "convex-hono-api", version: "1.0.0" };

export function system(api: Api): void {
  implement(api, getIndex, (c) =>
    Promise.resolve(c.json({ ...API, links: { health: "/health", ready: "/health/ready" } }, 200)),
  );

  implement(api, getHealth, (c) => Promise.resolve(c.json({ status: "ok" }, 200)));

  implement(api, getReadiness, async (c) => {
    const started = Date.now();
    const ok = await c.env.runQuery(internal.health.ping, {}).then(
      () => true,
      () => false,
    );
    const checks = [{ name: "database", ok, ms: Date.now() - started }];
    return ok ? c.json({ status: "ready", checks }, 200) : c.json({ status: "unavailable", checks }, 503);
  });

  implement(api, getProblem, async (c) => {
    const { code } = c.req.valid("param");
    const explanation = await c.env.runQuery(internal.problems.explain, { code });
    if (explanation === null) fail("not_found", `There is no problem ${code}`);
    const { status, title } = PROBLEMS[code as FailureCode];
    return c.json({ code, status, title, explanation }, 200);
  });
}
