/**
 * The `ctx` that functions get.
 *
 * `convex/server` creates a context of closures for each call and passes everything through them as JSON text. That took
 * a quarter of a request's time. Its contexts hold no state, so `convex/server` creates each kind once here, and every
 * call gets a copy. The methods that are called most often take a fast path without text. All other methods, and
 * arguments that the fast path does not support, take the slow path through `convex/server`.
 */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Execution } from "../execution";
import type { RunSynchronously, ToThrown } from "./synchronous";
import { synchronousRunner } from "./synchronous";
import type { ActionCalls } from "./fastCalls";
import { withFastCalls } from "./fastCalls";
import type { Database, WritableDatabase } from "./fastDatabase";
import { withFastReads, withFastWrites } from "./fastDatabase";
import type { ConvexLibrary } from "./library";
import type { MutationCalls, QueryCalls } from "./fastNestedCalls";
import { fastNestedCalls } from "./fastNestedCalls";
import { toSlowQuery } from "./fastTable";

type Visibility = "public" | "internal";

/** The parts of a query's context that the fast path replaces. */
interface QueryContext extends QueryCalls {
  readonly db: Database;
}

/** The parts of a mutation's context that the fast path replaces. */
interface MutationContext extends MutationCalls {
  readonly db: WritableDatabase;
}

/** The contexts of one build. */
export class Contexts {
  readonly #bases = new Map<string, object>();
  readonly #runSynchronously: RunSynchronously;

  constructor(private readonly library: ConvexLibrary) {
    this.#runSynchronously = synchronousRunner(this.toThrown);
  }

  /** Returns a new context for one query. No other call sees what the query changes in it. */
  query(execution: Execution, visibility: Visibility): object {
    const base = this.#once(`query ${visibility}`, () => {
      const { queryGeneric, internalQueryGeneric } = this.library;
      const register = visibility === "public" ? queryGeneric : internalQueryGeneric;
      return capture((probe) => register(probe).invokeQuery(NO_ARGUMENTS)) as QueryContext;
    });
    const calls = fastNestedCalls(execution, base, this.toThrown);
    return { ...base, ...calls, db: withFastReads(execution, base.db, this.#runSynchronously) };
  }

  mutation(execution: Execution, visibility: Visibility): object {
    const base = this.#once(`mutation ${visibility}`, () => {
      const { mutationGeneric, internalMutationGeneric } = this.library;
      const register = visibility === "public" ? mutationGeneric : internalMutationGeneric;
      return capture((probe) => register(probe).invokeMutation(NO_ARGUMENTS)) as MutationContext;
    });
    const calls = fastNestedCalls(execution, base, this.toThrown);
    return { ...base, ...calls, db: withFastWrites(execution, base.db, this.#runSynchronously) };
  }

  action(execution: Execution, visibility: Visibility): object {
    const base = this.#once(`action ${visibility}`, () => {
      const { actionGeneric, internalActionGeneric } = this.library;
      const register = visibility === "public" ? actionGeneric : internalActionGeneric;
      return capture((probe) => register(probe).invokeAction("", NO_ARGUMENTS)) as ActionCalls;
    });
    return withFastCalls(execution, base, this.toThrown);
  }

  http(execution: Execution): object {
    const base = this.#once("http", () => {
      const register = this.library.httpActionGeneric;
      return capture((probe) => register(probe).invokeHttpAction(null)) as ActionCalls;
    });
    return withFastCalls(execution, base, this.toThrown);
  }

  /** Converts a syscall's error as `convex/server` does, with the error classes that the functions import. */
  readonly toThrown: ToThrown = ({ message, data }) => {
    if (data === undefined) return new Error(message);
    const error = new this.library.ConvexError(message);
    error.data = jsonToConvex(data);
    return error;
  };

  /** Lets `convex/server` serialize a result that is not plain data. @throws Error with the message of `convex/server`. */
  async serialize(result: unknown): Promise<Value> {
    const text = await this.library.queryGeneric(() => toSlowQuery(result)).invokeQuery(NO_ARGUMENTS);
    return jsonToConvex(JSON.parse(text) as JSONValue);
  }

  /** True if the router has the `runRequest` of `convex/server`. Its routes may then be called without JSON text. */
  isStandard(router: { readonly runRequest: unknown }): boolean {
    return String(router.runRequest) === String(this.library.httpRouter().runRequest);
  }

  #once<Context extends object>(name: string, make: () => Context): Context {
    let context = this.#bases.get(name);
    if (context === undefined) this.#bases.set(name, (context = make()));
    return context as Context;
  }
}

/** JSON text of an argument list with one empty object. */
const NO_ARGUMENTS = "[{}]";

/** Returns the context that `convex/server` passes to a handler. Relies on a synchronous call of the handler. */
function capture(invoke: (probe: (ctx: object) => unknown) => Promise<unknown>): object {
  let captured: object | undefined;
  const probe = (ctx: object): null => {
    captured = ctx;
    return null;
  };
  invoke(probe).catch(() => undefined);
  if (captured === undefined)
    throw new Error("This version of convex does not call handlers synchronously. Install convex 1.48.");
  return captured;
}
