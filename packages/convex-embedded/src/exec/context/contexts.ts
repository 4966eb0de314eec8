/**
 * The `ctx` that functions get.
 *
 * `convex/server` makes a context of closures for each call and passes everything through them as JSON text, which took
 * a quarter of a request's time. Its contexts hold no state: here each kind is made once, by `convex/server` itself, and
 * every call gets a copy. The methods that are called most take a fast path without text. All others take the slow path
 * through `convex/server`, as do the arguments that the fast path does not know.
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

/** The parts of a query's context that are replaced. */
interface QueryContext extends QueryCalls {
  readonly db: Database;
}

/** The same of a mutation's. */
interface MutationContext extends MutationCalls {
  readonly db: WritableDatabase;
}

/** The contexts of one build. */
export class Contexts {
  readonly #made = new Map<string, object>();
  readonly #runSynchronously: RunSynchronously;

  constructor(private readonly library: ConvexLibrary) {
    this.#runSynchronously = synchronousRunner(this.toThrown);
  }

  /** A context of a query's own: what it changes there, no other call sees. */
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

  /** An error of the functions' own classes, as `convex/server` makes one of what a syscall rejects with. */
  readonly toThrown: ToThrown = ({ message, data }) => {
    if (data === undefined) return new Error(message);
    const error = new this.library.ConvexError(message);
    error.data = jsonToConvex(data);
    return error;
  };

  /** What `convex/server` makes of a result that is no plain data. @throws Error in its words. */
  async serialize(result: unknown): Promise<Value> {
    const text = await this.library.queryGeneric(() => toSlowQuery(result)).invokeQuery(NO_ARGUMENTS);
    return jsonToConvex(JSON.parse(text) as JSONValue);
  }

  /** True if the router answers requests as `convex/server` has it, and so may be called past its text. */
  isStandard(router: { readonly runRequest: unknown }): boolean {
    return String(router.runRequest) === String(this.library.httpRouter().runRequest);
  }

  #once<Context extends object>(name: string, make: () => Context): Context {
    let context = this.#made.get(name);
    if (context === undefined) this.#made.set(name, (context = make()));
    return context as Context;
  }
}

/** The text of a list with the arguments' object. */
const NO_ARGUMENTS = "[{}]";

/** The context that a handler is called with, which is at once. */
function capture(invoke: (probe: (ctx: object) => unknown) => Promise<unknown>): object {
  let captured: object | undefined;
  const probe = (ctx: object): null => {
    captured = ctx;
    return null;
  };
  invoke(probe).catch(() => undefined);
  if (captured === undefined) throw new Error("This version of convex does not call handlers at once");
  return captured;
}
