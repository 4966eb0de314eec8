/** Requests of Convex's tools that this server refuses, with advice on what to do instead. */
import type { ApiRoute } from "../http/api";
import { ApiError } from "../http/api";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

const OLD_PUSH =
  "The embedded runtime accepts pushes of `npx convex` 1.48. Update the `convex` package of the project that you push.";
const LOGS =
  "The embedded runtime serves logs to `npx convex logs` only. Functions also write to the terminal where `npm start` runs.";
const OLD_IMPORT =
  "The embedded runtime accepts imports of `npx convex` 1.48. Update the `convex` package, or use `npx convex-embedded import`.";
const TIMESTAMP =
  "Queries at a timestamp (`consistentQuery`) are not supported by the embedded runtime. Use `query`, which reads one " +
  "consistent state.";

/** Path, status, message. The tools retry after other statuses, and retry forever after 400 for logs. */
const REFUSED: readonly (readonly [RegExp, 400 | 403, string])[] = [
  [/^\/api\/(?:get_config|push_config|prepare_schema|schema_state\/.*)$/, 400, OLD_PUSH],
  [/^\/api\/stream_udf_execution$/, 403, LOGS],
  [/^\/api\/import$/, 400, OLD_IMPORT],
];

export function refusedRoutes(deployment: Deployment): readonly ApiRoute[] {
  const refused = REFUSED.map(([path, status, message]): ApiRoute => {
    const refuse: ApiRoute["methods"][string] = ({ incoming }) => {
      requireAdmin(deployment, incoming);
      throw new ApiError(status, "NotSupportedByEmbeddedRuntime", message);
    };
    return { path, methods: { GET: refuse, POST: refuse } };
  });
  const atTimestamp = (): never => {
    throw new ApiError(400, "NotSupportedByEmbeddedRuntime", TIMESTAMP);
  };
  return [...refused, { path: /^\/api\/query(?:_at)?_ts$/, methods: { POST: atTimestamp } }];
}
