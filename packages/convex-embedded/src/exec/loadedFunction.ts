/** Converts a module's export to a callable function. */
import type { ValidatorJSON, Value } from "convex/values";
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

/** Converts an export to a function. Returns `null` for any other export. @param path `items:get`. */
export function toLoadedFunction(
  contexts: Contexts,
  component: string,
  path: string,
  value: unknown,
): LoadedFunction | null {
  if (!isRegistered(value)) return null;
  const kind = value.isQuery === true ? "query" : value.isMutation === true ? "mutation" : "action";
  const visibility = value.isPublic === true ? "public" : "internal";
  const handler = value._handler;
  return {
    component,
    path,
    kind,
    visibility,
    args: JSON.parse(value.exportArgs()) as ValidatorJSON,
    returns: JSON.parse(value.exportReturns()) as ValidatorJSON | null,
    call: (execution, args) => handler(contexts[kind](execution, visibility), args),
    serialize: (result) => contexts.serialize(result),
  };
}

function isRegistered(value: unknown): value is Registered {
  return typeof value === "function" && ("isQuery" in value || "isMutation" in value || "isAction" in value);
}
