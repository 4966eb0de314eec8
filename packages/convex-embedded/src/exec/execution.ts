/** One run of one function, and how the code that runs finds it. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Reader, Transaction } from "../store/types";
import { functionLabel } from "./functionAddress";
import type { Engine } from "./engine";
import { SyscallError } from "./errors";
import { TimeBudget } from "./timeLimit";
import { TransactionUsage } from "./transactionUsage";
import type { ReadSet } from "./readSet";
import type { Origin } from "./origins";
import { withoutIdentity } from "./origins";
import type { OpenQuery } from "./query/stream";
import { Semaphore } from "./semaphore";
import { SerialQueue } from "./serialQueue";

/** A query or mutation works on the database and is frozen in time; actions talk to the world. */
export type ExecutionKind = "query" | "mutation" | "action" | "http";

/** The fields that a caller chooses. */
type ExecutionOptions = Pick<
  Execution,
  "engine" | "kind" | "path" | "component" | "origin" | "now" | "parent" | "reader" | "transaction"
> & {
  /** Told what is read, if the result may be cached. Default: that of the parent. */
  readonly readSet?: ReadSet | null;
};

export class Execution {
  readonly engine: Engine;
  readonly kind: ExecutionKind;
  /** `items:get`, or `GET /items` for an HTTP action. */
  readonly path: string;
  /** The path of the component that the function belongs to, `""` for the app. */
  readonly component: string;
  readonly origin: Origin;
  /** The time at which this execution stands still, if it is a query or mutation. Milliseconds since 1970. */
  readonly now: number;
  /** The execution whose transaction or snapshot this one shares. */
  readonly parent: Execution | null;
  /** `null` in actions, which reach the database through functions only. */
  readonly reader: Reader | null;
  /** `null` unless this is a mutation. */
  readonly transaction: Transaction | null;
  /** That of the whole query, if somebody wants to know what it reads. */
  readonly readSet: ReadSet | null;
  readonly databaseQueue = new SerialQueue();
  /** To be called when the function ends. */
  readonly onEnd: (() => void)[] = [];
  /** The time that the function has left. */
  readonly budget: TimeBudget;
  /** How many queries were opened: the next one's number. */
  opened = 0;
  /** Convex allows one `paginate` in each function. */
  paginated = false;
  /** The request of an HTTP action until its router asks for it, then the response for it. */
  request: Request | null = null;
  response: Response | null = null;
  // Made when first asked for: most executions are short and need one or two of them.
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
    this.reader = options.reader;
    this.transaction = options.transaction;
    this.readSet = options.readSet ?? options.parent?.readSet ?? null;
    const { limits } = this.engine;
    this.budget = new TimeBudget(
      functionLabel(this),
      this.frozen ? limits.userMs : limits.actionMs,
      !this.frozen,
    );
  }

  get queries(): Map<number, OpenQuery> {
    return (this.#queries ??= new Map());
  }

  get timers(): Map<number, NodeJS.Timeout> {
    return (this.#timers ??= new Map());
  }

  /** What the transaction has read and written so far; functions that share it share this. */
  get usage(): TransactionUsage {
    const { transaction, enforced } = this.engine.limits;
    return (this.#usage ??= this.parent?.usage ?? new TransactionUsage(transaction, enforced));
  }

  /** For an action's calls: Convex runs so many at once. */
  get calls(): Semaphore {
    return (this.#calls ??= new Semaphore(this.engine.limits.actionCalls));
  }

  /**
   * The origin of what this calls in a component. Who is logged in is its own component's business: nobody is in
   * another one, nor in what that calls.
   */
  originFor(component: string): Origin {
    return component === this.component ? this.origin : withoutIdentity(this.origin);
  }

  /** Queries and mutations see a time that stands still, and neither timers nor the network. */
  get frozen(): boolean {
    return this.kind === "query" || this.kind === "mutation";
  }

  /**
   * From now on the function's syscalls are refused, and those of functions that it called without awaiting them:
   * what is still under way must not write into a transaction that is about to end. Timers die with the function, as
   * on Convex.
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

/** Which execution the running code belongs to. One for the process: servers share it without meeting each other. */
export const executions = new AsyncLocalStorage<Execution>();

/** The execution that the running code belongs to. @throws SyscallError if there is none, or it has ended. */
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
