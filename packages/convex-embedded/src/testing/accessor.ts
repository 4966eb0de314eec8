/** The methods of `t`. */
import type { RequestMetadata, UserIdentity } from "convex/server";
import type { Origin } from "../exec/origins";
import { operatorOrigin } from "../exec/origins";
import type { FunctionKind } from "../exec/loadedFunction";
import type { Callee, Inline } from "./calls";
import { callFunction, runInline } from "./calls";
import { thrownOf } from "./errors";
import { fetchPath } from "./fetch";
import { installGlobals } from "./globals";
import type { Login } from "./identity";
import { loginOf } from "./identity";
import type { Instance } from "./instance";

/** As whom an accessor calls. */
interface Caller {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly login: Login | null;
}

const MOST_ITERATIONS = 100;

/** They need no `this`. Those that say who calls give a new accessor and leave the old one as it is. */
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
    run: (handler: Inline) => settled(instance, () => runInline(engine, originOf(caller), handler)),
    fetch: (path: string, init?: RequestInit) =>
      settled(instance, () => fetchPath(engine, originOf(caller), path, init)),
    withIdentity: (identity: Partial<UserIdentity>) =>
      accessor(instance, { ...caller, login: loginOf(identity) }),
    withRequestMetadata: ({ ip = null, userAgent = null }: Partial<RequestMetadata>) =>
      accessor(instance, { ...caller, ip, userAgent }),
    finishInProgressScheduledFunctions: () => scheduled.finishInProgress(),
    finishAllScheduledFunctions: (advanceTimers: () => void, maxIterations = MOST_ITERATIONS) =>
      scheduled.finishAll(advanceTimers, maxIterations),
  };
}

/** Each call is a request of its own. */
function originOf({ ip, userAgent, login }: Caller): Origin {
  const { requestId } = operatorOrigin();
  return { ip, userAgent, requestId, token: login?.token ?? null, identity: login?.identity };
}

/** @throws what the function threw. */
async function settled<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
  installGlobals();
  await instance.ready();
  try {
    return await work();
  } catch (error) {
    throw thrownOf(error);
  } finally {
    // Also what was scheduled within a transaction that has just been committed by this.
    instance.scheduled.wake();
  }
}
