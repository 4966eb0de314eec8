import { internal } from "../../_generated/api";
import { publicPath } from "../../lib/env.lib";
import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { withTimeout } from "../kit/deadline.kit";
import { API, getDocs, getIndex, getOpenApi, getProblem, getReadiness } from "./system.contract";

const links = (prefix: string) => ({
  docs: `${prefix}/docs`,
  openapi: `${prefix}/openapi.json`,
  health: `${prefix}/health`,
  ready: `${prefix}/health/ready`,
});

/** The headers of replies that exist as JSON and as HTML. */
const NEGOTIATED = { Vary: "Accept, Origin" };

const PAGE = { "Content-Type": "text/html; charset=utf-8" } as const;

/** Whether `Accept` names HTML. Only browsers name it, so other requests skip the full negotiation. */
const namesHtml = (accept: string | undefined): accept is string =>
  accept?.toLowerCase().includes("text/html") === true;

type Check = { name: string; ok: boolean; ms: number };

/** Milliseconds after which a dependency counts as failed. The value is below the default timeout of a request. */
const CHECK_MS = 5_000;

/** Checks one dependency of requests and measures the milliseconds. Logs the reason for a failure. */
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

export function system(api: Registry): void {
  implement(api, getIndex, async (c) => {
    const accept = c.req.header("Accept");
    const page = namesHtml(accept) && (await c.env.runQuery(internal.openapi.prefersPage, { accept }));
    return page
      ? c.body(null, 302, { Location: "/docs", ...NEGOTIATED })
      : c.json({ ...API, links: links(publicPath()) }, 200, NEGOTIATED);
  });

  implement(api, getOpenApi, async (c) => {
    const { body, etag } = await c.env.runQuery(internal.openapi.document, {});
    // A proxy or the embedded runtime may compress the document.
    const Vary = "Accept-Encoding, Origin";
    return c.body(body, 200, { "Content-Type": "application/json", ETag: etag, Vary });
  });

  implement(api, getDocs, async (c) => {
    const { body, policy, etag } = await c.env.runQuery(internal.openapi.page, {});
    return c.body(body, 200, { ...PAGE, "Content-Security-Policy": policy, ETag: etag });
  });

  implement(api, getReadiness, async (c) => {
    const checks = await Promise.all([
      check("database.read", () => c.env.runQuery(internal.health.read, { askedAt: Date.now() })),
      check("database.write", () => c.env.runMutation(internal.health.write, {})),
    ]);
    return checks.every(({ ok }) => ok)
      ? c.json({ status: "ready", checks }, 200)
      : c.json({ status: "unavailable", checks }, 503);
  });

  implement(api, getProblem, async (c, fail) => {
    const { code } = c.req.valid("param");
    const explained =
      (await c.env.runQuery(internal.problems.explain, { code })) ??
      fail("not_found", `No problem has the code ${code}`);
    const accept = c.req.header("Accept");
    const page = namesHtml(accept) && (await c.env.runQuery(internal.problems.page, { code, accept }));
    return page
      ? c.body(page.body, 200, { ...PAGE, "Content-Security-Policy": page.policy, ...NEGOTIATED })
      : c.json(explained, 200, NEGOTIATED);
  });
}
