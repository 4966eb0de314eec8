/** Converts a module's export to a callable function. */
import type { ValidatorJSON, Value } from "convex/values";
import { validatorProblem } from "../values/validatorRules";
import type { Contexts } from "./context/contexts";
import type { Execution } from "./execution";

export type FunctionKind = "query" | "mutation" | "action";

/** A registered function, its validators parsed once. */
export interface LoadedFunction {
  /** The path of its component, `""` for the app. */
  readonly component: string;
  /** `items:get`; the default export of a module is `items:default`. */
  readonly path: string;
  readonly kind: FunctionKind;
  readonly visibility: "public" | "internal";
  /** True for an action in a `"use node"` file. */
  readonly inNode: boolean;
  readonly args: ValidatorJSON;
  /** `null` if the function declares no `returns` validator. */
  readonly returns: ValidatorJSON | null;
  /** Calls the handler for an execution. @param args The arguments' object. The handler owns it. */
  readonly call: (execution: Execution, args: Value) => unknown;
  /** Lets `convex/server` serialize a result that is not plain data. */
  readonly serialize: (result: unknown) => Promise<Value>;
}

/** The functions that `registration_impl.ts` of `convex/server` creates. */
interface Registered {
  isQuery?: boolean;
  isMutation?: boolean;
  isAction?: boolean;
  isPublic?: boolean;
  exportArgs(): string;
  exportReturns(): string;
  readonly _handler: (ctx: object, args: Value) => unknown;
}

/**
 * Converts an export to a function. Returns `null` for any other export.
 *
 * @param path `items:get`. @param inNode True if its file begins with `"use node"`.
 * @throws Error with Convex's message if a deploy refuses the function's validators.
 */
export function toLoadedFunction(
  contexts: Contexts,
  component: string,
  path: string,
  value: unknown,
  inNode: boolean,
): LoadedFunction | null {
  if (!isRegistered(value)) return null;
  const kind = value.isQuery === true ? "query" : value.isMutation === true ? "mutation" : "action";
  const visibility = value.isPublic === true ? "public" : "internal";
  const handler = value._handler;
  const args = JSON.parse(value.exportArgs()) as ValidatorJSON;
  const returns = JSON.parse(value.exportReturns()) as ValidatorJSON | null;
  checkValidators(path, args, returns);
  return {
    component,
    path,
    kind,
    visibility,
    inNode,
    args,
    returns,
    call: (execution, args) => handler(contexts[kind](execution, visibility), args),
    serialize: (result) => contexts.serialize(result),
  };
}

/** Source: `crates/model/src/modules/function_validators.rs` of get-convex/convex-backend. */
function checkValidators(path: string, args: ValidatorJSON, returns: ValidatorJSON | null): void {
  const ofArgs = validatorProblem(args);
  if (ofArgs !== null)
    throw refused(path, "exportArgs", `Error in args validator: ${ofArgs}\n${docs("argument")}`);
  if (args.type !== "object" && args.type !== "any") {
    throw refused(path, "exportArgs", "Args validator must be an object or any");
  }
  const ofReturns = returns && validatorProblem(returns);
  if (ofReturns === null) return;
  throw refused(path, "exportReturns", `Error in returns validator: ${ofReturns}\n${docs("return value")}`);
}

function refused(path: string, method: string, problem: string): Error {
  return new Error(`Invalid JSON returned from ${path.replace(":", ".js:")}.${method}(): ${problem}`);
}

function docs(what: string): string {
  return `See https://docs.convex.dev/functions/validation for docs on how to do ${what} validation.`;
}

function isRegistered(value: unknown): value is Registered {
  return typeof value === "function" && ("isQuery" in value || "isMutation" in value || "isAction" in value);
}
