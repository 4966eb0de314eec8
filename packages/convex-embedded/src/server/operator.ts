import type { Value } from "convex/values";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import type { FunctionPlace } from "../exec/addresses";
import { SyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import { findFunction } from "../exec/finding";
import { argumentsOf } from "../exec/passing";
import { runFunction } from "../exec/run";
import { operatorOrigin } from "../http/origin";

/**
 * Runs any function, internal ones too.
 *
 * @throws ConvexError with its data, or an Error with the message of what the function threw.
 */
export async function runAsOperator(
  engine: Engine,
  place: FunctionPlace,
  args: Record<string, Value>,
): Promise<Value> {
  try {
    const { kind } = await findFunction(engine, place);
    const call = { ...place, kind, args: argumentsOf(convexToJson(args)) };
    return await runFunction(engine, call, operatorOrigin());
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.data === undefined) throw new Error(error.message, { cause: error });
    throw new ConvexError(jsonToConvex(error.data));
  }
}
