/**
 * Runs functions without a caller: scheduled functions and cron jobs.
 *
 * A mutation and the record of its success are one transaction, so it takes effect exactly once. An action is recorded as started
 * before it starts, so it runs at most once.
 */
import type { JSONValue } from "convex/values";
import type { FunctionLocation } from "../exec/functionAddress";
import { functionLabel } from "../exec/functionAddress";
import { SyscallError, toSyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import type { Execution } from "../exec/execution";
import type { ScheduledBy } from "../exec/origins";
import { describeFailure } from "../exec/failures";
import { findFunction } from "../exec/findFunction";
import { parseArguments, validateArguments } from "../exec/validation";
import { startMutation, startAction } from "../exec/run";
import { operatorOrigin } from "../exec/origins";
import type { LoadedFunction } from "../exec/loadedFunction";
import type { Transaction } from "../store/types";
import type { Timers } from "./timers";

export type Outcome = { readonly kind: "success" } | { readonly kind: "failed"; readonly error: string };

/** One run of a function, and how its state is recorded. */
export interface Task extends FunctionLocation {
  /** The arguments object in Convex's JSON. */
  readonly args: JSONValue;
  /** The id of the scheduled function, `null` for a cron job. */
  readonly job: string | null;
  /** False if the run is no longer wanted. */
  waits(transaction: Transaction): boolean;
  /** Marks the run as in progress. For an action the mark is durable, because it has effects before its outcome is recorded. */
  begin(transaction: Transaction): void;
  /** Records the outcome, unless one was recorded meanwhile. */
  end(transaction: Transaction, outcome: Outcome): void;
}

/** Pauses between retries, because the disk may stay full for a while. Milliseconds. */
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 60_000;

export class Runner {
  readonly #actions = new Set<Execution>();
  readonly #wakers = new Set<() => void>();
  #found: Promise<unknown> = Promise.resolve();
  #aborted = false;

  /** @param engine returns the build in service; called at the beginning of each run. */
  constructor(
    private readonly engine: () => Engine,
    private readonly timers: Timers,
  ) {}

  /** Resolves when the outcome is recorded, or the runner is aborted. Never rejects. */
  async run(task: Task): Promise<void> {
    const engine = this.engine();
    let fn: LoadedFunction;
    try {
      fn = await this.#find(engine, task);
    } catch (error) {
      const failure = toSyscallError(error);
      const path = functionLabel({ component: task.component, path: task.name });
      engine.log({ level: "error", path, message: describeFailure(engine, failure) });
      await this.#record(engine, task, failed(engine, failure));
      return;
    }
    if (fn.kind === "mutation") await this.#mutation(engine, task, fn);
    else await this.#action(engine, task, fn);
  }

  /** Aborts the running actions: they have no further effects, and failed attempts are not retried. */
  abort(): void {
    this.#aborted = true;
    for (const execution of this.#actions) execution.end();
    for (const wake of this.#wakers) wake();
  }

  /** Finds functions one after the other, so that mutations reach the writer in the order in which they were started. */
  #find(engine: Engine, task: Task): Promise<LoadedFunction> {
    const found = this.#found.then(async () => {
      const fn = await findFunction(engine, task);
      if (fn.kind === "query") {
        throw new SyscallError(
          `Unsupported function type. ${fn.path} is defined as a query. Only mutations and actions can be scheduled.`,
        );
      }
      validateArguments(engine, fn, parseArguments(task.args));
      return fn;
    });
    this.#found = found.catch(() => undefined);
    return found;
  }

  async #mutation(engine: Engine, task: Task, fn: LoadedFunction): Promise<void> {
    const failure = await this.#retry(engine, functionLabel(fn), () => this.#attempt(engine, task, fn));
    if (failure) await this.#record(engine, task, failed(engine, failure));
  }

  /** Runs the function once. @returns its error, `null` if it succeeded. @throws errors of the store. */
  async #attempt(engine: Engine, task: Task, fn: LoadedFunction): Promise<SyscallError | null> {
    const thrown: unknown[] = [];
    try {
      const committed = await engine.store.mutate(async (transaction) => {
        if (!task.waits(transaction)) return null;
        task.begin(transaction);
        const args = parseArguments(task.args);
        const run = startMutation(engine, transaction, fn, args, originOf(task, "mutation"));
        try {
          await run.result;
        } catch (error) {
          thrown.push(error);
          throw error;
        }
        task.end(transaction, { kind: "success" });
        return run.committed;
      });
      committed?.();
      return null;
    } catch (error) {
      if (thrown.includes(error)) return toSyscallError(error);
      // The store failed and committed nothing. The next attempt may succeed.
      throw error;
    }
  }

  async #action(engine: Engine, task: Task, fn: LoadedFunction): Promise<void> {
    const begun = await this.#retry(engine, functionLabel(fn), () =>
      engine.store.mutate((transaction) => {
        const waits = task.waits(transaction);
        if (waits) task.begin(transaction);
        return Promise.resolve(waits);
      }),
    );
    if (begun !== true || this.#isAborted()) return;
    const { execution, result } = startAction(
      engine,
      fn,
      parseArguments(task.args),
      originOf(task, "action"),
    );
    this.#actions.add(execution);
    let outcome: Outcome = { kind: "success" };
    try {
      await result;
    } catch (error) {
      outcome = failed(engine, toSyscallError(error));
    }
    this.#actions.delete(execution);
    // The outcome of an aborted action is unknown; the next start records the interruption.
    if (!this.#isAborted()) await this.#record(engine, task, outcome);
  }

  async #record(engine: Engine, task: Task, outcome: Outcome): Promise<void> {
    await this.#retry(engine, functionLabel({ component: task.component, path: task.name }), () =>
      engine.store.mutate((transaction) => {
        task.end(transaction, outcome);
        return Promise.resolve();
      }),
    );
  }

  /** Retries until success, because a full disk must not lose a job. Returns `undefined` if the runner is aborted. */
  async #retry<T>(engine: Engine, path: string, attempt: () => Promise<T>): Promise<T | undefined> {
    for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)) {
      if (this.#isAborted()) return undefined;
      try {
        return await attempt();
      } catch (error) {
        if (this.#isAborted()) return undefined;
        const reason = error instanceof Error ? error.message : String(error);
        engine.log({ level: "error", path, message: `Trying again in ${backoff} ms: ${reason}` });
      }
      await this.#pause(backoff);
    }
  }

  /** A method, because the value changes during awaits and TypeScript would narrow a property. */
  #isAborted(): boolean {
    return this.#aborted;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.timers.clear(handle);
        this.#wakers.delete(wake);
        resolve();
      };
      const handle = this.timers.set(wake, ms);
      this.#wakers.add(wake);
    });
  }
}

function failed(engine: Engine, error: SyscallError): Outcome {
  return { kind: "failed", error: describeFailure(engine, error) };
}

function originOf({ job }: Task, kind: ScheduledBy["kind"]): ReturnType<typeof operatorOrigin> {
  return { ...operatorOrigin(), ...(job !== null && { scheduledBy: { id: job, kind } }) };
}
