/** The responses for an HTTP action that throws and for a missing route. */
import { toSyscallError } from "../exec/errors";
import { webGlobals } from "../web/webClasses";

/** Seconds. */
const RETRY_AFTER = "1";

/** Returns Convex's response for a path without a route. */
export function notFoundResponse(): Response {
  return new webGlobals.Response("No matching routes found", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** Returns the response for a body that did not fit into memory, if the function did not handle the error. */
export function busyResponse(): Response {
  return new webGlobals.Response("The server is busy. Try again later.", {
    status: 503,
    headers: { "content-type": "text/plain; charset=utf-8", "retry-after": RETRY_AFTER },
  });
}

/**
 * Returns Convex's response to an uncaught error in an HTTP action. Like a development deployment, it shows message and trace.
 *
 * @param trace the error's stack with positions in the source files.
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
