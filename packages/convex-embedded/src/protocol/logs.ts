/** `npx convex logs`: the executions of functions over HTTP (`crates/local_backend/src/logs.rs`). */
import type { LoggedExecution } from "../exec/executionLog";
import type { ApiRequest, ApiRoute } from "../http/api";
import { ApiError, sendJson } from "../http/api";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

/** How long a request waits for the next execution, in milliseconds. */
const WAIT_MS = 20_000;

const KINDS = { query: "Query", mutation: "Mutation", action: "Action", http: "HttpAction" } as const;

export function logRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    {
      path: /^\/api\/stream_function_logs$/,
      methods: {
        async GET(request) {
          requireAdmin(deployment, request.incoming);
          const { executionLog } = deployment;
          const cursor = cursorIn(request);
          // A client begins with 0 and takes the response for history, so it must not wait for the next execution.
          if (cursor > 0 && executionLog.since(cursor).length === 0) {
            await executionLog.next(endOf(request, deployment.closing));
          }
          const entries = executionLog.since(cursor);
          const newCursor = entries.at(-1)?.at ?? (cursor > 0 ? cursor : executionLog.latest);
          sendJson(request.outgoing, 200, { entries: entries.map(entryOf), newCursor });
        },
      },
    },
  ];
}

/** Aborts when the request should be answered: after a while, when the client disconnects, or when the server stops. */
function endOf({ outgoing }: ApiRequest, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  return AbortSignal.any([closing, gone.signal, AbortSignal.timeout(WAIT_MS)]);
}

function cursorIn({ query }: ApiRequest): number {
  const cursor = Number(query.get("cursor") ?? "0");
  if (Number.isFinite(cursor)) return cursor;
  throw new ApiError(400, "BadCursor", "`cursor` must be a number: milliseconds since 1970.");
}

function entryOf({ at, kind, path, component, requestId, elapsedMs, lines, error }: LoggedExecution): object {
  return {
    kind: "Completion",
    udfType: KINDS[kind],
    identifier: path,
    componentPath: component === "" ? null : component,
    timestamp: at / 1000,
    executionTimestamp: (at - elapsedMs) / 1000,
    executionTime: elapsedMs / 1000,
    logLines: lines.map((line) => ({
      messages: [line.message],
      isTruncated: false,
      timestamp: line.at,
      level: line.level.toUpperCase(),
    })),
    cachedResult: false,
    requestId,
    executionId: requestId,
    success: null,
    error: error?.() ?? null,
    willRetry: false,
    environment: "isolate",
  };
}
