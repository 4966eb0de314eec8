/** `ctx.runQuery`, `ctx.runMutation` and `ctx.runAction` of actions, on the fast path: values are copied, not serialized. */
import type { Value } from "convex/values";
import type { FunctionKind } from "../loadedFunction";
import type { Copy } from "../../values/copy";
import { copyPlain, isFields } from "../../values/copy";
import type { FunctionAddress } from "../functionAddress";
import { addressIn } from "../functionAddress";
import { startCall } from "../calls";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";
import type { ToThrown } from "./synchronous";

type Call = (reference: unknown, args?: unknown) => Promise<Value>;

export interface ActionCalls {
  readonly runQuery: Call;
  readonly runMutation: Call;
  readonly runAction: Call;
}

/** Adds the fast path to an action's context. @param base The context of `convex/server`. Handles calls that are not plain. */
export function withFastCalls<Base extends ActionCalls>(
  execution: Execution,
  base: Base,
  toThrown: ToThrown,
): Base {
  const fast =
    (kind: FunctionKind, slow: Call): Call =>
    (reference, args) => {
      const plain = parseCall(reference, args);
      if (plain === null) return slow(reference, args);
      return call(execution, kind, plain, toThrown);
    };
  return {
    ...base,
    runQuery: fast("query", base.runQuery),
    runMutation: fast("mutation", base.runMutation),
    runAction: fast("action", base.runAction),
  };
}

// One function, not three: each further `async` function costs two promises.
async function call(
  execution: Execution,
  kind: FunctionKind,
  { address, args }: PlainCall,
  toThrown: ToThrown,
): Promise<Value> {
  const { budget, calls } = execution;
  let entered = false;
  let taken = false;
  try {
    execution.assertRunning();
    budget.enter();
    entered = true;
    if (!calls.tryAcquire()) await calls.waitForFree();
    taken = true;
    execution.assertRunning();
    return await startCall(execution, kind, address, args);
  } catch (thrown) {
    throw toThrown(toSyscallError(thrown));
  } finally {
    if (taken) calls.release();
    if (entered) budget.exit();
  }
}

/** A function and a copy of the arguments. */
export interface PlainCall {
  readonly address: FunctionAddress;
  readonly args: Copy;
}

/** Parses a call. Returns `null` if the call is not plain: `convex/server` then handles it or reports the error. */
export function parseCall(reference: unknown, args: unknown = {}): PlainCall | null {
  const address = addressIn(reference);
  const copy = isFields(args) ? copyPlain(args) : null;
  return address && copy && { address, args: copy };
}
