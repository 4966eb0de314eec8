/** Errors as they cross between functions: a message and, for a `ConvexError`, its data. */
import type { JSONValue, Value } from "convex/values";
import { convexToJson } from "convex/values";
import { isUnavailable } from "../store/unavailable";

const CONVEX_ERROR = Symbol.for("ConvexError");

/**
 * The error that a syscall rejects with. If `data` is set, `convex/server` converts it to a `ConvexError`, else to an
 * `Error`. As on Convex, error classes do not survive a call.
 */
export class SyscallError extends Error {
  /** The data of a `ConvexError` in Convex's JSON form. Absent, not `undefined`, for other errors. */
  declare readonly data?: JSONValue;

  constructor(message: string, options: { data?: JSONValue; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    if (options.data !== undefined) this.data = options.data;
  }
}

/**
 * The start of Convex's message for temporary failures (`ErrorMetadata::service_unavailable`). A function sees only an
 * error's message, so it recognizes a failure of the store by this prefix.
 */
export const SERVICE_UNAVAILABLE = "Service temporarily unavailable";

/** Returns the error for an unsupported feature. @param feature The subject of the sentence, in the plural. */
export function unsupported(feature: string, hint?: string): SyscallError {
  const also = hint === undefined ? "" : ` ${hint}`;
  return new SyscallError(
    `${feature} are not supported by the embedded runtime yet. Deploy to Convex to use them.${also}`,
  );
}

/** Converts a value that a function threw to the error that its caller receives. */
export function toSyscallError(thrown: unknown): SyscallError {
  if (thrown instanceof SyscallError) return thrown;
  if (isUnavailable(thrown))
    return new SyscallError(`${SERVICE_UNAVAILABLE}: ${thrown.message}`, { cause: thrown });
  if (typeof thrown !== "object" || thrown === null)
    return new SyscallError(String(thrown), { cause: thrown });
  const message =
    "message" in thrown && typeof thrown.message === "string" ? thrown.message : "Unknown error";
  try {
    const data = dataOf(thrown);
    return new SyscallError(message, { ...(data !== undefined && { data }), cause: thrown });
  } catch (invalidData) {
    // The data is not a Convex value. As on Convex, the caller receives that error instead.
    return new SyscallError((invalidData as Error).message, { cause: invalidData });
  }
}

/** Returns a `ConvexError`'s data in Convex's JSON form, `undefined` for other errors. Works with any copy of `convex`. */
function dataOf(thrown: unknown): JSONValue | undefined {
  if (typeof thrown !== "object" || thrown === null || !(CONVEX_ERROR in thrown)) return undefined;
  const data = "data" in thrown ? thrown.data : undefined;
  // If `convex/server` called the handler, it has replaced the data with JSON text and set this property.
  if ("ConvexErrorSymbol" in thrown) return JSON.parse(data as string) as JSONValue;
  return convexToJson(data === undefined ? null : (data as Value));
}
