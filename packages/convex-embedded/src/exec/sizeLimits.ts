/** Limits on the size, in bytes as Convex counts them, and on the shape of arguments, results and documents. */
import type { JSONValue, Value } from "convex/values";
import { getConvexSize, getDocumentSize, jsonToConvex } from "convex/values";
import type { Copy } from "../values/copy";
import { shapeProblem } from "../values/shape";
import { SyscallError } from "./errors";
import type { Limits } from "./limits";

// The worst case is a number: one digit and a comma are two characters, and Convex counts nine bytes.
const BYTES_PER_CHARACTER = 4.5;
const BYTES_OVERHEAD = 4;

/** The list that holds the arguments' object adds two bytes and one level. */
const LIST_BYTES = 2;
const LISTS_AROUND = 1;

/** Returns an upper bound for the bytes of a value, from the length of its JSON text. Needs no parsing. */
export function maxBytes(characters: number): number {
  return characters * BYTES_PER_CHARACTER + BYTES_OVERHEAD;
}

/** Returns the bytes of a stored document. @param json The document's JSON text. */
export function documentBytes(json: string): number {
  return getDocumentSize(jsonToConvex(JSON.parse(json) as JSONValue) as Record<string, Value>);
}

/**
 * Refuses arguments that are too large, too long or too deep. Skips the check of a copy with a finite `maxBytes` within the
 * limit: `copyPlain` has checked its shape.
 *
 * @param path The function's path. @throws SyscallError with Convex's message.
 */
export function checkArguments(path: string, args: Copy, { argumentBytes }: Limits): void {
  if (args.maxBytes + LIST_BYTES <= argumentBytes) return;
  checkArgumentShape(path, args.value);
  // Convex measures the list that holds the arguments' object.
  const bytes = getConvexSize([args.value]);
  if (bytes <= argumentBytes) return;
  const sizes = `(actual: ${humanBytes(bytes)}, limit: ${humanBytes(argumentBytes)})`;
  throw new SyscallError(`Arguments for ${canonical(path)} are too large ${sizes}`);
}

/** Refuses arguments that are too long or too deep. */
export function checkArgumentShape(path: string, args: Value): void {
  const problem = shapeProblem(args, LISTS_AROUND);
  if (problem !== null) throw new SyscallError(`Invalid arguments for ${canonical(path)}: ${problem}`);
}

/** Refuses a result that is too large, too long or too deep. @throws SyscallError with Convex's message. */
export function checkResult(path: string, result: Copy, { resultBytes }: Limits): void {
  if (result.maxBytes <= resultBytes) return;
  const problem = shapeProblem(result.value);
  if (problem !== null) {
    throw new SyscallError(`Function ${canonical(path)} return value invalid: ${problem}`);
  }
  const bytes = getConvexSize(result.value);
  if (bytes <= resultBytes) return;
  const sizes = `(actual: ${humanBytes(bytes)}, limit: ${humanBytes(resultBytes)})`;
  throw new SyscallError(`Function ${canonical(path)} return value is too large ${sizes}`);
}

/** Converts `items:get` to `items.js:get`, the form in Convex's messages. */
function canonical(path: string): string {
  return path.replace(":", ".js:");
}

/** Formats a size with at most two decimals: `16 MiB`, `16.5 MiB`, `1000 B`. */
export function humanBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let size = bytes;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${Number(size.toFixed(2))} ${units[unit] ?? ""}`;
}
