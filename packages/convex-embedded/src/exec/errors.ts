/** Errors as they cross between functions: a message and, for a `ConvexError`, its data. */
import type { JSONValue, Value } from "convex/values";
import { convexToJson } from "convex/values";

const CONVEX_ERROR = Symbol.for("ConvexError");

/**
 * What a syscall rejects with. `convex/server` makes a `ConvexError` of it where `data` is set, else an `Error`: error
 * classes do not survive a call, as on Convex.
 */
export class SyscallError extends Error {
  /** The data of a `ConvexError` in Convex's JSON form. Absent, not `undefined`, for other errors. */
  declare readonly data?: JSONValue;

  constructor(message: string, options: { data?: JSONValue; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    if (options.data !== undefined) this.data = options.data;
  }
}

/** Refuses what the embedded runtime does not have: `feature` is the subject of the sentence, in plural. */
export function unsupported(feature: string, hint?: string): SyscallError {
  const also = hint === undefined ? "" : ` ${hint}`;
  return new SyscallError(
    `${feature} are not supported by the embedded runtime yet. Deploy to Convex to use them.${also}`,
  );
}

/** What left a function, as its caller gets it. */
export function toSyscallError(thrown: unknown): SyscallError {
  if (thrown instanceof SyscallError) return thrown;
  if (typeof thrown !== "object" || thrown === null)
    return new SyscallError(String(thrown), { cause: thrown });
  const message =
    "message" in thrown && typeof thrown.message === "string" ? thrown.message : "Unknown error";
  try {
    const data = dataOf(thrown);
    return new SyscallError(message, { ...(data !== undefined && { data }), cause: thrown });
  } catch (unfit) {
    // Data that is no value: that is what the caller learns, as on Convex.
    return new SyscallError((unfit as Error).message, { cause: unfit });
  }
}

/** The data of a `ConvexError`, of any copy of the package, in Convex's JSON form; `undefined` for other errors. */
function dataOf(thrown: unknown): JSONValue | undefined {
  if (typeof thrown !== "object" || thrown === null || !(CONVEX_ERROR in thrown)) return undefined;
  const data = "data" in thrown ? thrown.data : undefined;
  // Where `convex/server` called the handler, it has replaced the data by its JSON text, and left this mark.
  if ("ConvexErrorSymbol" in thrown) return JSON.parse(data as string) as JSONValue;
  return convexToJson(data === undefined ? null : (data as Value));
}
