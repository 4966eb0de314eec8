/** Sizes of arguments, results and documents in bytes, as Convex counts them, and what shape they may have. */
import type { JSONValue, Value } from "convex/values";
import { getConvexSize, getDocumentSize, jsonToConvex } from "convex/values";
import type { Copy } from "../values/copy";
import { shapeProblem } from "../values/shape";
import { SyscallError } from "./errors";
import type { Limits } from "./limits";

// A number counts nine bytes and is written with one character and a comma; nothing else grows more.
const BYTES_PER_CHARACTER = 4.5;
const BYTES_BESIDE = 4;

/** Of the list that holds the arguments' object. */
const LIST_BYTES = 2;
const LISTS_AROUND = 1;

/** A bound that is certain, without parsing: a text of that many characters is a value of no more bytes. */
export function maxBytes(characters: number): number {
  return characters * BYTES_PER_CHARACTER + BYTES_BESIDE;
}

/** The bytes of a stored document. */
export function documentBytes(json: string): number {
  return getDocumentSize(jsonToConvex(JSON.parse(json) as JSONValue) as Record<string, Value>);
}

/**
 * Refuses arguments that are too large, too long or too deep. A copy whose bytes are bounded has a shape that may be.
 *
 * @param path of the function. @throws SyscallError in Convex's words.
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

/** The same of their shape alone. */
export function checkArgumentShape(path: string, args: Value): void {
  const problem = shapeProblem(args, LISTS_AROUND);
  if (problem !== null) throw new SyscallError(`Invalid arguments for ${canonical(path)}: ${problem}`);
}

/** The same for a result. */
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

/** `items:get` as Convex prints it in these messages: `items.js:get`. */
function canonical(path: string): string {
  return path.replace(":", ".js:");
}

/** `16 MiB`, `16.5 MiB`, `1000 B`: two decimals at most. */
export function humanBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let size = bytes;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${Number(size.toFixed(2))} ${units[unit] ?? ""}`;
}
