/** `npx convex run --inline-query`: runs a query from its source (`crates/local_backend/src/dashboard.rs`). */
import type { JSONValue } from "convex/values";
import { SyscallError } from "../exec/errors";
import { runLoaded } from "../exec/run";
import { parseArguments } from "../exec/validation";
import type { ApiRoute } from "../http/api";
import { ApiError, sendJson } from "../http/api";
import { badBody, fieldsOf, MAX_OPERATOR_BYTES, readJson } from "../http/body";
import { callerOf, requireAdmin } from "./caller";
import type { Deployment } from "./deployment";
import { failureMessage } from "./functions";
import { exported, formatOf } from "./values";

export function inlineQueryRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    {
      path: /^\/api\/run_test_function$/,
      methods: {
        async POST({ incoming, outgoing }) {
          requireAdmin(deployment, incoming);
          const { origin } = await callerOf(deployment, incoming);
          const { bundle, args, componentId, format } = fieldsOf(
            await readJson(incoming, MAX_OPERATOR_BYTES),
          );
          const { source } = fieldsOf(bundle);
          if (typeof source !== "string") throw badBody("`bundle.source` must be a string");
          const component = typeof componentId === "string" ? componentId : "";
          const { engine, fn } = await deployment.inlineQuery(source, component).catch((error: unknown) => {
            throw new ApiError(400, "InlineQueryRefused", (error as Error).message);
          });
          const { lines: logLines, requestId } = origin;
          try {
            // Safe: it was parsed from JSON. A query gets no arguments unless the client sends some.
            const value = await runLoaded(engine, fn, parseArguments((args ?? {}) as JSONValue), origin);
            sendJson(outgoing, 200, {
              status: "success",
              value: exported(value, formatOf(format)),
              logLines,
            });
          } catch (error) {
            if (!(error instanceof SyscallError)) throw error;
            const errorMessage = failureMessage(engine, requestId, error);
            sendJson(outgoing, 200, { status: "error", errorMessage, logLines });
          }
        },
      },
    },
  ];
}
