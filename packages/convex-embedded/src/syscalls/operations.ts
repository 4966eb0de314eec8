/**
 * The syscalls of `convex/server` by name, and their handlers.
 *
 * A syscall that is not in the tables below is refused, with the name of its feature in the error.
 */
import { auditLog } from "./auditLog";
import { cancelJob, cancelJobFromAction, schedule, scheduleFromAction } from "./scheduleJobs";
import {
  getBlob,
  storageDelete,
  storageGenerateUploadUrl,
  storageGet,
  storageGetMetadata,
  storageGetUrl,
  storageStore,
  storeBlob,
} from "./storage";
import { functionLabel } from "../exec/functionAddress";
import { actionCall, componentArgument, createFunctionHandle, runUdf } from "../exec/calls";
import { SyscallError, unsupported } from "../exec/errors";
import { signJwt } from "./signJwt";
import { vectorSearch } from "../exec/vectorSearch";
import type { Execution } from "../exec/execution";
import {
  deploymentMetadata,
  functionMetadata,
  requestMetadata,
  transactionMetrics,
  userIdentity,
} from "./metadata";
import { count } from "../exec/query/count";
import { queryPage } from "../exec/query/page";
import { queryCleanup, queryStream, queryStreamNext } from "../exec/query/stream";
import { get, normalizeId } from "../exec/documentReads";
import { insert, remove, replace, shallowMerge } from "../exec/documentWrites";

/** Arguments are not validated: `convex/server` creates them. A function that forges them can harm only itself. */
export type Handler<Result> = (execution: Execution, args: never) => Result;

/** Syscalls whose result `convex/server` expects synchronously. */
export const SYNC: Readonly<Record<string, Handler<string>>> = {
  "1.0/queryStream": queryStream,
  "1.0/queryCleanup": queryCleanup,
  "1.0/db/normalizeId": normalizeId,
  "1.0/componentArgument": componentArgument,
};

/** Syscalls that use the transaction. They wait while a nested function holds the database queue. */
export const DATABASE: Readonly<Record<string, Handler<string>>> = {
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

/** Syscalls that keep a query cacheable: their results depend only on documents. */
export const TRACKED: ReadonlySet<string> = new Set([
  "1.0/queryStream",
  "1.0/queryCleanup",
  "1.0/db/normalizeId",
  "1.0/get",
  "1.0/count",
  "1.0/queryStreamNext",
  "1.0/queryPage",
  "1.0/runUdf",
]);

/** All other syscalls. Handlers that need the database queue take a turn themselves. */
export const ASYNC: Readonly<Record<string, Handler<string | Promise<string>>>> = {
  "1.0/runUdf": runUdf,
  "1.0/actions/query": actionCall("query"),
  "1.0/actions/mutation": actionCall("mutation"),
  "1.0/actions/action": actionCall("action"),
  "1.0/actions/vectorSearch": vectorSearch,
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
  "1.0/signJwt": signJwt,
  "1.0/auditLog": auditLog,
  "1.0/getRequestMetadata": requestMetadata,
  "1.0/getFunctionMetadata": functionMetadata,
  "1.0/getDeploymentMetadata": deploymentMetadata,
  "1.0/getTransactionMetrics": transactionMetrics,
};

/** Syscalls of actions whose values are not JSON. */
export const BLOBS = { "storage/storeBlob": storeBlob, "storage/getBlob": getBlob } as const;

/** Unsupported features by the prefix of their syscalls' names. */
const MISSING: readonly (readonly [string, string])[] = [
  ["storage/", "Stored requests and responses (`convex` before 0.13)"],
  ["1.0/getSnapshotTs", "Snapshot timestamps"],
  ["1.0/createServiceToken", "Convex-managed services"],
  ["1.0/getServiceUrl", "Convex-managed services"],
];

/** Returns the error for a syscall that is in none of the tables. */
export function unknownOperation(caller: Execution, operation: string): SyscallError {
  const feature = MISSING.find(([start]) => operation.startsWith(start))?.[1];
  return feature === undefined
    ? new SyscallError(`Unknown async operation ${operation}`)
    : unsupported(feature, `${functionLabel(caller)} asked for them.`);
}
