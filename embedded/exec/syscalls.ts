/**
 * The global `Convex`: all that `convex/server` needs of whoever runs it. One for the process; which execution a call
 * belongs to is found through `executions`.
 *
 * An operation that is not in the tables below is refused with the name of the feature it belongs to.
 */
import { webGlobals } from "../http/web";
import { actionCall, runUdf } from "./calls";
import { SyscallError, toSyscallError, unsupported } from "./errors";
import type { Execution } from "./execution";
import { executions } from "./execution";
import { deploymentMetadata, functionMetadata, requestMetadata, userIdentity } from "./metadata";
import { queryPage } from "./query/page";
import { queryCleanup, queryStream, queryStreamNext } from "./query/stream";
import { count, get, normalizeId } from "./reads";
import { insert, remove, replace, shallowMerge } from "./writes";

// The arguments' shapes are `convex/server`'s own. A function that forged others would deceive only itself.
type Handler<Result> = (execution: Execution, args: never) => Result;

const SYNC: Readonly<Record<string, Handler<string>>> = {
  "1.0/queryStream": queryStream,
  "1.0/queryCleanup": queryCleanup,
  "1.0/db/normalizeId": normalizeId,
};

/** What touches the transaction, and so waits while a nested function has its turn. */
const DATABASE: Readonly<Record<string, Handler<string>>> = {
  "1.0/get": get,
  "1.0/count": count,
  "1.0/insert": insert,
  "1.0/replace": replace,
  "1.0/shallowMerge": shallowMerge,
  "1.0/remove": remove,
  "1.0/queryStreamNext": queryStreamNext,
  "1.0/queryPage": queryPage,
};

const OTHER: Readonly<Record<string, Handler<string | Promise<string>>>> = {
  "1.0/runUdf": runUdf,
  "1.0/actions/query": actionCall("query"),
  "1.0/actions/mutation": actionCall("mutation"),
  "1.0/actions/action": actionCall("action"),
  "1.0/getUserIdentity": userIdentity,
  "1.0/getRequestMetadata": requestMetadata,
  "1.0/getFunctionMetadata": functionMetadata,
  "1.0/getDeploymentMetadata": deploymentMetadata,
};

/** Features by the beginning of their operations' names. */
const MISSING: readonly (readonly [string, string])[] = [
  ["1.0/schedule", "Scheduled functions"],
  ["1.0/actions/schedule", "Scheduled functions"],
  ["1.0/cancel_job", "Scheduled functions"],
  ["1.0/actions/cancel_job", "Scheduled functions"],
  ["1.0/storage", "Stored files"],
  ["1.0/actions/storage", "Stored files"],
  ["storage/", "Stored files"],
  ["1.0/createFunctionHandle", "Function handles"],
  ["1.0/actions/createFunctionHandle", "Function handles"],
  ["1.0/actions/vectorSearch", "Vector searches"],
  ["1.0/getTransactionMetrics", "Transaction metrics"],
  ["1.0/getSnapshotTs", "Snapshot timestamps"],
  ["1.0/signJwt", "Signed tokens (`signJwt`)"],
  ["1.0/componentArgument", "Components"],
  ["1.0/createServiceToken", "Convex-managed services"],
  ["1.0/getServiceUrl", "Convex-managed services"],
];

export const convexGlobal = {
  syscall(operation: string, json: string): string {
    const execution = running();
    const handler = SYNC[operation];
    if (handler === undefined) throw unknown(operation);
    return handler(execution, JSON.parse(json) as never);
  },

  async asyncSyscall(operation: string, json: string): Promise<string> {
    try {
      const execution = running();
      const args = JSON.parse(json) as never;
      const database = DATABASE[operation];
      if (database !== undefined) {
        if (!execution.turns.busy) return database(execution, args);
        return await execution.turns.run(() => {
          execution.assertRunning();
          return database(execution, args);
        });
      }
      const handler = OTHER[operation];
      if (handler === undefined) throw unknown(operation);
      return await handler(execution, args);
    } catch (thrown) {
      throw toSyscallError(thrown);
    }
  },

  /** The two that `HttpRouter.runRequest` uses to get at the request and to hand over the response. */
  jsSyscall(operation: string, args: Record<string, unknown>): unknown {
    const execution = running();
    if (operation === "requestFromConvexJson" && execution.request !== null) return execution.request;
    if (operation === "convexJsonFromResponse") {
      if (!(args["response"] instanceof webGlobals.Response)) {
        throw new SyscallError("An HTTP action must return a Response, or a promise of one.");
      }
      execution.response = args["response"];
      return {};
    }
    throw unknown(operation);
  },
};

function running(): Execution {
  const execution = executions.getStore();
  if (execution === undefined) {
    throw new SyscallError(
      "The database and other functions can only be used while a function runs, not at import.",
    );
  }
  execution.assertRunning();
  return execution;
}

function unknown(operation: string): SyscallError {
  const feature = MISSING.find(([start]) => operation.startsWith(start))?.[1];
  return feature === undefined
    ? new SyscallError(`Unknown async operation ${operation}`)
    : unsupported(feature);
}
