import { failureOf } from "../../lib/failure.lib";
import { platformFailureOf } from "../../lib/unavailable.lib";
import type { ApiContext } from "../kit/env.kit";

/** The maximum length of a logged reason, in characters. A reason may contain the HTML page of a failing issuer. */
const MAX_REASON_LENGTH = 500;

/**
 * Writes one line of JSON to the log for each request: the operation, the outcome and the caller. The line never contains a secret,
 * a body, a query or a raw path, which may contain a secret. An unexpected error is logged with its stack.
 *
 * @param pattern The path of the route, also of a preflight and of a refused method: `/api/keys/:id`. Undefined for an
 * unknown path.
 */
export function logRequest(
  c: ApiContext,
  pattern: string | undefined,
  outcome: { status: number; started: number; error: unknown },
): void {
  const caller = c.get("caller") as ApiContext["var"]["caller"] | undefined;
  const refused = c.get("reason") as ApiContext["var"]["reason"] | undefined;
  const failure = failureOf(outcome.error);
  const unexpected = outcome.error !== undefined && failure === undefined;
  const line = JSON.stringify({
    level: outcome.status >= 500 ? "error" : "info",
    method: c.req.method,
    route: pattern ?? "(no route)",
    status: outcome.status,
    ms: Date.now() - outcome.started,
    requestId: c.get("requestId"),
    key: caller?.key?.publicId,
    user: caller?.key ? undefined : caller?.userId,
    code: failure?.code ?? (unexpected ? (platformFailureOf(outcome.error)?.code ?? "internal") : undefined),
    cause: unexpected ? describe(outcome.error) : failure?.code === "internal" ? failure.detail : undefined,
    reason: (failure?.reason ?? refused)?.slice(0, MAX_REASON_LENGTH),
  });
  if (outcome.status >= 500) console.error(line);
  else console.log(line);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
