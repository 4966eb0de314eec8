import type { Value } from "convex/values";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import type { FunctionLocation } from "../exec/functionAddress";
import { SyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import { findFunction } from "../exec/findFunction";
import { parseArguments } from "../exec/validation";
import { runFunction } from "../exec/run";
import { operatorOrigin } from "../exec/origins";

/**
 * Runs any function as the operator, including internal ones.
 *
 * @throws ConvexError with its data, or an Error with the message that the function threw.
 */
export async function runAsOperator(
  engine: Engine,
  place: FunctionLocation,
  args: Record<string, Value>,
): Promise<Value> {
  try {
    const { kind } = await findFunction(engine, place);
    const call = { ...place, kind, args: parseArguments(convexToJson(args)) };
    return await runFunction(engine, call, operatorOrigin());
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.data === undefined) throw new Error(error.message, { cause: error });
    throw new ConvexError(jsonToConvex(error.data));
  }
}
