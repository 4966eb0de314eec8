/** One run of one function, and access to the current run. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Catalog, Reader, Transaction } from "../store/types";
import { functionLabel } from "./functionAddress";
import type { Engine } from "./engine";
import { SyscallError } from "./errors";
import type { LoggedLine } from "./executionLog";
import { TimeBudget } from "./timeLimit";
import { TransactionUsage } from "./transactionUsage";
import type { ReadSet } from "./readSet";
import type { Origin } from "./origins";
import { withoutIdentity } from "./origins";
import type { OpenQuery } from "./query/stream";
import { Semaphore } from "./semaphore";
import { SerialQueue } from "./serialQueue";

/** Queries and mutations use the database, and their clock stands still. Actions may use the network. */
export type ExecutionKind = "query" | "mutation" | "action" | "http";

/** The fields that a caller chooses. */
type ExecutionOptions = Pick<
  Execution,
  "engine" | "kind" | "path" | "component" | "origin" | "now" | "parent" | "reader" | "transaction"
> & {
  /** Collects the reads if the result may be cached. Default: the parent's read set. */
  readonly readSet?: ReadSet | null;
  readonly journal?: QueryJournal | null;
  /** True for an action in a `"use node"` file. Default: false. */
  readonly inNode?: boolean;
};

/** Fixes where the page of a subscribed query ends, so that the pages of a list stay free of gaps and overlaps. */
export interface QueryJournal {
  /** The end of the page in an earlier execution, `null` in the first. */
  readonly previous: string | null;
  /** The end of the page in this execution, `null` if the function did not paginate. */
  next: string | null;
}

export class Execution {
  readonly engine: Engine;
  readonly kind: ExecutionKind;
  /** `items:get`, or `GET /items` for an HTTP action. */
  readonly path: string;
  /** The path of the component that the function belongs to, `""` for the app. */
  readonly component: string;
  readonly origin: Origin;
  /** The value of `Date.now()` throughout a query or mutation, in milliseconds since 1970. */
  readonly now: number;
  /** The execution whose transaction or snapshot this one shares. */
  readonly parent: Execution | null;
  /** The number of executions around this one, which share its transaction or snapshot. */
  readonly depth: number;
  /** `null` in actions: they reach the database only through other functions. */
  readonly reader: Reader | null;
  /** `null` unless this is a mutation. */
  readonly transaction: Transaction | null;
  /** The read set of the outermost query, `null` if its result is not cached. */
  readonly readSet: ReadSet | null;
  /** Only subscribed queries have one. The functions that they call do not. */
  readonly journal: QueryJournal | null;
  readonly databaseQueue = new SerialQueue();
  /** Callbacks that run when the function ends. */
  readonly onEnd: (() => void)[] = [];
  /** The time that the function has left. */
  readonly budget: TimeBudget;
  /** The lines of `log.audit`, on the outermost function. They are logged once it has succeeded. */
  readonly audits: { readonly line: string; readonly maxBytes: number }[] = [];
  /** The lines that this function and those in its transaction have logged, on the outermost function. */
  lines: LoggedLine[] | undefined;
  /** The number of queries opened so far, which is the number of the next query. */
  opened = 0;
  /** Convex allows one `paginate` in each function. */
  paginated = false;
  /** An HTTP action's request until its router reads it, and the response that the router returns. */
  request: Request | null = null;
  response: Response | null = null;
  // Created on first use: most executions are short and need one or two of them.
  #queries: Map<number, OpenQuery> | null = null;
  #timers: Map<number, NodeJS.Timeout> | null = null;
  #usage: TransactionUsage | null = null;
  #calls: Semaphore | null = null;
  #ended = false;

  constructor(options: ExecutionOptions) {
    this.engine = options.engine;
    this.kind = options.kind;
    this.path = options.path;
    this.component = options.component;
    this.origin = options.origin;
    this.now = options.now;
    this.parent = options.parent;
    this.depth = options.parent === null ? 0 : options.parent.depth + 1;
    this.reader = options.reader;
    this.transaction = options.transaction;
    this.readSet = options.readSet ?? options.parent?.readSet ?? null;
    this.journal = options.journal ?? null;
    const { limits } = this.engine;
    this.budget = new TimeBudget(
      functionLabel(this),
      this.frozen ? limits.userMs : options.inNode === true ? limits.nodeActionMs : limits.actionMs,
      !this.frozen,
      // A test may have faked what the function awaits.
      this.frozen && this.engine.harness !== true,
    );
  }

  get queries(): Map<number, OpenQuery> {
    return (this.#queries ??= new Map());
  }

  get timers(): Map<number, NodeJS.Timeout> {
    return (this.#timers ??= new Map());
  }

  /** The tables and indexes that the function sees. */
  get catalog(): Catalog {
    return this.reader?.catalog ?? this.engine.store.catalog;
  }

  /** The outermost function of the transaction or snapshot. */
  get root(): Execution {
    return this.parent?.root ?? this;
  }

  /** The reads and writes of the transaction so far. Functions that share the transaction share its usage. */
  get usage(): TransactionUsage {
    const { transaction, enforced } = this.engine.limits;
    return (this.#usage ??= this.parent?.usage ?? new TransactionUsage(transaction, enforced));
  }

  /** Limits the calls that one action runs at the same time, as on Convex. */
  get calls(): Semaphore {
    return (this.#calls ??= new Semaphore(this.engine.limits.actionCalls));
  }

  /**
   * The origin of a call from this execution to a component. A user is logged in only in the component that received the
   * request. Calls to another component carry no identity, nor do the calls that it makes.
   */
  originFor(component: string): Origin {
    return component === this.component ? this.origin : withoutIdentity(this.origin);
  }

  /** True for queries and mutations: their clock stands still, and they have neither timers nor the network. */
  get frozen(): boolean {
    return this.kind === "query" || this.kind === "mutation";
  }

  /**
   * Ends the function. Its later syscalls are refused, and so are those of functions that it called and did not await:
   * unfinished work must not write to a transaction that is about to end. As on Convex, its timers are cleared.
   */
  end(): void {
    this.#ended = true;
    this.#queries = null;
    for (const timer of this.#timers?.values() ?? []) clearTimeout(timer);
    this.#timers = null;
    if (this.onEnd.length > 0) for (const callback of this.onEnd.splice(0)) callback();
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** @throws SyscallError once this function, or one that called it, has ended. */
  assertRunning(): void {
    if (this.#ended) {
      throw new SyscallError(
        `${functionLabel(this)} has already ended. Await everything that a function starts before it returns.`,
      );
    }
    this.parent?.assertRunning();
  }
}

/** The execution of the running code. All servers of a process share this storage, but never an execution. */
export const executions = new AsyncLocalStorage<Execution>();

/** Returns the execution of the running code. @throws SyscallError outside a function, or after the function has ended. */
export function currentExecution(): Execution {
  const execution = executions.getStore();
  if (execution === undefined) {
    throw new SyscallError(
      "The database and other functions can only be used while a function runs, not at import.",
    );
  }
  execution.assertRunning();
  return execution;
}
