/** Errors as they cross between functions: a message and, for a `ConvexError`, its data. */
import type { JSONValue } from "convex/values";

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
  if (!isConvexError(thrown)) return new SyscallError(message, { cause: thrown });
  // `convex/server` has replaced the data by its JSON text on the way out of the handler.
  const data = JSON.parse(thrown.data) as JSONValue;
  return new SyscallError(message, { data, cause: thrown });
}

/** True for a `ConvexError` of any copy of the package that has left a handler. */
function isConvexError(thrown: object): thrown is { data: string } {
  return CONVEX_ERROR in thrown && "data" in thrown && typeof thrown.data === "string";
}
