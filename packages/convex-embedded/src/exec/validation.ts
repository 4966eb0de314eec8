/** Validates the arguments and results of functions. */
import type { JSONValue, ValidatorJSON, Value } from "convex/values";
import { CommitTsPlaceholder, jsonToConvex } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import { checkValue } from "../values/validators";
import { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";
import { reportFailure } from "./failures";
import { checkArguments } from "./sizeLimits";
import { ComponentIds } from "./documentAddress";

/** Parses arguments from their JSON form. @throws SyscallError with Convex's message if the JSON is not a Convex value. */
export function parseArguments(json: JSONValue): Copy {
  try {
    const value = jsonToConvex(json);
    const copy = copyPlain(value);
    if (copy !== null) return copy;
    if (inherits(value)) throw new Error("Object contains a field `__proto__`, which is not allowed.");
    return ofUnknownSize(value);
  } catch (error) {
    throw new SyscallError(`ArgumentValidationError: ${(error as Error).message}`);
  }
}

/** @throws SyscallError with Convex's message if the function does not accept these arguments. */
export function validateArguments(engine: Engine, fn: LoadedFunction, args: Copy): void {
  checkArguments(fn.path, args, engine.limits);
  const problem = problemOf(engine, fn, fn.args, args.value);
  if (problem !== null) throw new SyscallError(`ArgumentValidationError: ${problem}`);
}

export function validateResult(execution: Execution, fn: LoadedFunction, result: Value): void {
  if (fn.returns === null) return;
  const problem = problemOf(execution.engine, fn, fn.returns, result);
  if (problem === null) return;
  const error = new SyscallError(`ReturnsValidationError: ${problem}`);
  reportFailure(execution, error);
  throw error;
}

function problemOf(
  engine: Engine,
  { component }: LoadedFunction,
  validator: ValidatorJSON,
  value: Value,
): string | null {
  if (validator.type === "any") return null;
  return checkValue(validator, value, new ComponentIds(engine, component));
}

/**
 * True if an object in the value has a custom prototype. `jsonToConvex` turns a field `__proto__` into one: validators do not
 * see its fields, but functions do.
 */
function inherits(value: Value | undefined): boolean {
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return false;
  if (Array.isArray(value)) return value.some(inherits);
  if (value instanceof CommitTsPlaceholder) return false;
  return Object.getPrototypeOf(value) !== Object.prototype || Object.values(value).some(inherits);
}

/** Wraps a value of unknown size. Its bytes are counted later, by the checks that need them. */
export function ofUnknownSize(value: Value): Copy {
  return { value, maxBytes: Infinity };
}
