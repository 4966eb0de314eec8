/** The methods of `t`. */
import type { RequestMetadata, UserIdentity } from "convex/server";
import type { Origin } from "../exec/origins";
import { operatorOrigin } from "../exec/origins";
import type { FunctionKind } from "../exec/loadedFunction";
import type { Callee, FunctionPath, Inline } from "./calls";
import { callByPath, callFunction, callOnSnapshot, runInline } from "./calls";
import { thrownOf } from "./errors";
import { fetchPath } from "./fetch";
import { installGlobals } from "./globals";
import type { Login } from "./identity";
import { loginOf } from "./identity";
import type { Instance } from "./instance";

/** The caller that an accessor represents. */
interface Caller {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly login: Login | null;
}

const MAX_ITERATIONS = 100;

/** Returns the methods of `t`, which need no `this`. `withIdentity` and similar methods return a new accessor and leave the old one unchanged. */
export function accessor(instance: Instance, caller: Caller): object {
  const { engine, scheduled } = instance;
  const method =
    (kind: FunctionKind) =>
    (callee: Callee, args?: unknown): Promise<unknown> =>
      settled(instance, () => callFunction(engine, originOf(caller), kind, callee, args));
  return {
    query: method("query"),
    mutation: method("mutation"),
    action: method("action"),
    // The names of a context's methods, so that helpers which expect a context accept `t`.
    runQuery: method("query"),
    runMutation: method("mutation"),
    runAction: method("action"),
    fun: (path: FunctionPath, args?: unknown) =>
      settled(instance, () => callByPath(engine, originOf(caller), path, args)),
    snapshotQueryFromPath: (path: FunctionPath, args?: unknown) =>
      settled(instance, () => callOnSnapshot(engine, originOf(caller), path, args)),
    run: (handler: Inline) => settled(instance, () => runInline(engine, originOf(caller), handler)),
    fetch: (path: string, init?: RequestInit) =>
      settled(instance, () => fetchPath(engine, originOf(caller), path, init)),
    withIdentity: (identity: Partial<UserIdentity>) =>
      accessor(instance, { ...caller, login: loginOf(identity) }),
    withRequestMetadata: ({ ip = null, userAgent = null }: Partial<RequestMetadata>) =>
      accessor(instance, { ...caller, ip, userAgent }),
    jwks: () => Promise.resolve(engine.tokens.keySet()),
    finishInProgressScheduledFunctions: () => scheduled.finishInProgress(),
    finishAllScheduledFunctions: (advanceTimers: () => void, maxIterations = MAX_ITERATIONS) =>
      scheduled.finishAll(advanceTimers, maxIterations),
  };
}

/** Creates the origin of a call. Each call is a separate request. */
function originOf({ ip, userAgent, login }: Caller): Origin {
  const { requestId } = operatorOrigin();
  return { ip, userAgent, requestId, token: login?.token ?? null, identity: login?.identity };
}

/** Runs a call and converts its errors. @throws the function's error. */
async function settled<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
  installGlobals();
  await instance.ready();
  try {
    return await work();
  } catch (error) {
    throw thrownOf(error);
  } finally {
    // Also sets timers for functions scheduled in a transaction that this call has just committed.
    instance.scheduled.wake();
  }
}
