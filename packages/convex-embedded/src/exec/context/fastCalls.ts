/** `ctx.runQuery`, `ctx.runMutation` and `ctx.runAction` of actions, on the fast path: values are copied, not turned into text. */
import { getFunctionAddress } from "convex/server";
import type { Value } from "convex/values";
import type { FunctionKind } from "../loadedFunction";
import type { Copy } from "../../values/copy";
import { copyPlain, isFields } from "../../values/copy";
import type { FunctionAddress } from "../functionAddress";
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

/** An action's context. @param made by `convex/server`, which is asked where a call is not plain. */
export function withFastCalls<Made extends ActionCalls>(
  execution: Execution,
  made: Made,
  toThrown: ToThrown,
): Made {
  const fast =
    (kind: FunctionKind, slow: Call): Call =>
    (reference, args) => {
      const plain = parseCall(reference, args);
      if (plain === null) return slow(reference, args);
      return call(execution, kind, plain, toThrown);
    };
  return {
    ...made,
    runQuery: fast("query", made.runQuery),
    runMutation: fast("mutation", made.runMutation),
    runAction: fast("action", made.runAction),
  };
}

// One function, not three: each `async` one is two promises more.
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

/** What is called, and with a copy of what. */
export interface PlainCall {
  readonly address: FunctionAddress;
  readonly args: Copy;
}

/** `null` for what only `convex/server` knows what to say of. */
export function parseCall(reference: unknown, args: unknown = {}): PlainCall | null {
  const address = addressOf(reference);
  const copy = isFields(args) ? copyPlain(args) : null;
  return address && copy && { address, args: copy };
}

/** `null` for what is no reference. */
function addressOf(reference: unknown): FunctionAddress | null {
  if (reference === null || (typeof reference !== "object" && typeof reference !== "string")) return null;
  try {
    return getFunctionAddress(reference);
  } catch {
    return null;
  }
}
