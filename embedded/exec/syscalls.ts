/**
 * The global `Convex`: all that `convex/server` needs of whoever runs it. One for the process; which execution a call
 * belongs to is found through `executions`.
 *
 * An operation that is not in the tables below is refused with the name of the feature it belongs to.
 */
import { webGlobals } from "../http/web";
import { labelOf } from "./addresses";
import { actionCall, componentArgument, createFunctionHandle, runUdf } from "./calls";
import { SyscallError, toSyscallError, unsupported } from "./errors";
import type { Execution } from "./execution";
import { running } from "./execution";
import {
  deploymentMetadata,
  functionMetadata,
  requestMetadata,
  transactionMetrics,
  userIdentity,
} from "./metadata";
import { count } from "./query/count";
import { queryPage } from "./query/page";
import { queryCleanup, queryStream, queryStreamNext } from "./query/stream";
import { get, normalizeId } from "./reads";
import { cancelJob, cancelJobFromAction, schedule, scheduleFromAction } from "../services/scheduleCalls";
import {
  getBlob,
  storageDelete,
  storageGenerateUploadUrl,
  storageGet,
  storageGetMetadata,
  storageGetUrl,
  storageStore,
  storeBlob,
} from "../services/storageCalls";
import { insert, remove, replace, shallowMerge } from "./writes";

// The arguments' shapes are `convex/server`'s own. A function that forged others would deceive only itself.
type Handler<Result> = (execution: Execution, args: never) => Result;

const SYNC: Readonly<Record<string, Handler<string>>> = {
  "1.0/queryStream": queryStream,
  "1.0/queryCleanup": queryCleanup,
  "1.0/db/normalizeId": normalizeId,
  "1.0/componentArgument": componentArgument,
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
  "1.0/storageGetUrl": storageGetUrl,
  "1.0/storageGetMetadata": storageGetMetadata,
};

/** What a query may ask for so that its result depends on documents alone. */
const OBSERVED: ReadonlySet<string> = new Set([
  ...["1.0/queryStream", "1.0/queryCleanup", "1.0/db/normalizeId", "1.0/get", "1.0/count"],
  ...["1.0/queryStreamNext", "1.0/queryPage", "1.0/runUdf"],
]);

const OTHER: Readonly<Record<string, Handler<string | Promise<string>>>> = {
  "1.0/runUdf": runUdf,
  "1.0/actions/query": actionCall("query"),
  "1.0/actions/mutation": actionCall("mutation"),
  "1.0/actions/action": actionCall("action"),
  "1.0/schedule": schedule,
  "1.0/cancel_job": cancelJob,
  "1.0/actions/schedule": scheduleFromAction,
  "1.0/actions/cancel_job": cancelJobFromAction,
  "1.0/createFunctionHandle": createFunctionHandle,
  "1.0/storageGenerateUploadUrl": storageGenerateUploadUrl,
  "1.0/storageDelete": storageDelete,
  "1.0/storageStore": storageStore,
  "1.0/storageGet": storageGet,
  "1.0/getUserIdentity": userIdentity,
  "1.0/getRequestMetadata": requestMetadata,
  "1.0/getFunctionMetadata": functionMetadata,
  "1.0/getDeploymentMetadata": deploymentMetadata,
  "1.0/getTransactionMetrics": transactionMetrics,
};

/** Of actions; they answer with what is no JSON. */
const FILES = { "storage/storeBlob": storeBlob, "storage/getBlob": getBlob } as const;

/** Features by the beginning of their operations' names. */
const MISSING: readonly (readonly [string, string])[] = [
  ["storage/", "Stored requests and responses (`convex` before 0.13)"],
  ["1.0/actions/vectorSearch", "Vector searches"],
  ["1.0/getSnapshotTs", "Snapshot timestamps"],
  ["1.0/signJwt", "Signed tokens (`signJwt`)"],
  ["1.0/createServiceToken", "Convex-managed services"],
  ["1.0/getServiceUrl", "Convex-managed services"],
];

export const convexGlobal = {
  syscall(operation: string, json: string): string {
    const execution = running();
    const handler = SYNC[operation];
    if (handler === undefined) throw unknown(execution, operation);
    noteElsewhere(execution, operation);
    execution.budget.enter();
    try {
      return handler(execution, JSON.parse(json) as never);
    } finally {
      execution.budget.exit();
    }
  },

  /** What can be answered at once is no promise: `convex/server` awaits either, and promises are what a read costs most. */
  asyncSyscall(operation: string, json: string): string | Promise<string> {
    const handler = DATABASE[operation];
    if (handler === undefined) return otherSyscall(operation, json);
    try {
      const execution = running();
      noteElsewhere(execution, operation);
      execution.budget.enter();
      if (execution.turns.busy) return inTurn(execution, handler, JSON.parse(json) as never);
      try {
        return handler(execution, JSON.parse(json) as never);
      } finally {
        execution.budget.exit();
      }
    } catch (thrown) {
      throw toSyscallError(thrown);
    }
  },

  /**
   * The two that `HttpRouter.runRequest` uses to get at the request and to hand over the response, and the two of
   * `ctx.storage` in actions, whose blobs are no JSON.
   */
  jsSyscall(operation: string, args: Record<string, unknown>): unknown {
    const execution = running();
    noteElsewhere(execution, operation);
    if (operation in FILES) return callFiles(execution, operation as keyof typeof FILES, args);
    if (operation === "requestFromConvexJson" && execution.request !== null) return execution.request;
    if (operation === "convexJsonFromResponse") {
      if (!(args["response"] instanceof webGlobals.Response)) {
        throw new SyscallError("An HTTP action must return a Response, or a promise of one.");
      }
      execution.response = args["response"];
      return {};
    }
    throw unknown(execution, operation);
  },
};

async function otherSyscall(operation: string, json: string): Promise<string> {
  let execution: Execution | undefined;
  try {
    const caller = running();
    noteElsewhere(caller, operation);
    caller.budget.enter();
    execution = caller;
    const handler = OTHER[operation];
    if (handler === undefined) throw unknown(caller, operation);
    return await handler(caller, JSON.parse(json) as never);
  } catch (thrown) {
    throw toSyscallError(thrown);
  } finally {
    execution?.budget.exit();
  }
}

/** Database work while a nested function has its turn. */
async function inTurn(execution: Execution, handler: Handler<string>, args: never): Promise<string> {
  try {
    return await execution.turns.run(() => {
      execution.assertRunning();
      return handler(execution, args);
    });
  } catch (thrown) {
    throw toSyscallError(thrown);
  } finally {
    execution.budget.exit();
  }
}

function noteElsewhere({ observed }: Execution, operation: string): void {
  if (observed !== null && !OBSERVED.has(operation)) observed.elsewhere();
}

async function callFiles(
  execution: Execution,
  operation: keyof typeof FILES,
  args: Record<string, unknown>,
): Promise<unknown> {
  try {
    if (execution.frozen) throw new SyscallError("Blobs can only be stored and read in actions.");
    return await FILES[operation](execution, args as never);
  } catch (thrown) {
    // A plain error, as `convex/server` makes of the others by itself.
    throw new Error(toSyscallError(thrown).message, { cause: thrown });
  }
}

function unknown(caller: Execution, operation: string): SyscallError {
  const feature = MISSING.find(([start]) => operation.startsWith(start))?.[1];
  return feature === undefined
    ? new SyscallError(`Unknown async operation ${operation}`)
    : unsupported(feature, `${labelOf(caller)} asked for them.`);
}
