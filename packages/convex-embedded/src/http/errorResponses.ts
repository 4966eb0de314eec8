/** What a client gets when an HTTP action throws, or there is none. */
import { toSyscallError } from "../exec/errors";
import { webGlobals } from "../web/webClasses";

/** Seconds. */
const RETRY_AFTER = "1";

/** Convex's answer where no route matches. */
export function notFoundResponse(): Response {
  return new webGlobals.Response("No matching routes found", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** The answer where the server has no room for a body and the function has not answered that itself. */
export function busyResponse(): Response {
  return new webGlobals.Response("The server is busy. Try again later.", {
    status: 503,
    headers: { "content-type": "text/plain; charset=utf-8", "retry-after": RETRY_AFTER },
  });
}

/**
 * Convex's answer to what an HTTP action does not catch: a development deployment's, which shows message and trace.
 *
 * @param trace the error's stack, its positions mapped to the sources.
 */
export function uncaughtResponse(thrown: unknown, trace: string, requestId: string): Response {
  const message =
    thrown instanceof Error ? `Uncaught ${thrown.name}: ${thrown.message}` : `Uncaught ${String(thrown)}`;
  const body: Record<string, unknown> = {
    code: `[Request ID: ${requestId}] Server Error: ${message}`,
    trace: `Uncaught ${trace}`,
  };
  const { data } = toSyscallError(thrown);
  if (data !== undefined) body["data"] = data;
  return Response.json(body, { status: 500 });
}
