/**
 * Runs functions that nobody waits for: scheduled ones and cron jobs.
 *
 * A mutation and the record of its success are one transaction, so it takes effect exactly once. An action is recorded
 * as begun before it begins, so it runs at most once.
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
import { runMutationIn, startAction } from "../exec/run";
import { operatorOrigin } from "../exec/origins";
import type { LoadedFunction } from "../exec/loadedFunction";
import type { Transaction } from "../store/types";
import type { Timers } from "./timers";

export type Outcome = { readonly kind: "success" } | { readonly kind: "failed"; readonly error: string };

/** One run of one function, and how it is recorded. */
export interface Task extends FunctionLocation {
  /** The arguments' object in Convex's JSON form. */
  readonly args: JSONValue;
  /** The id of the scheduled function, `null` for a cron job. */
  readonly job: string | null;
  /** False if it is no longer to be done. */
  waits(transaction: Transaction): boolean;
  /** Marks an action as in progress, as it has effects before its outcome is recorded. */
  begin(transaction: Transaction): void;
  /** Records how it ended, unless that was decided meanwhile. */
  end(transaction: Transaction, outcome: Outcome): void;
}

/** The disk may be full for a while. */
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 60_000;

export class Runner {
  readonly #actions = new Set<Execution>();
  readonly #wakers = new Set<() => void>();
  #found: Promise<unknown> = Promise.resolve();
  #aborted = false;

  /** @param engine the build to run with, asked for at the beginning of each run. */
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

  /** Ends the actions that still run: what they do from now on has no effect, and no failed attempt is repeated. */
  abort(): void {
    this.#aborted = true;
    for (const execution of this.#actions) execution.end();
    for (const wake of this.#wakers) wake();
  }

  /** One after the other, so that mutations reach the writer in the order in which they were started. */
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
    const failure = await this.#insist(engine, functionLabel(fn), () => this.#attempt(engine, task, fn));
    if (failure) await this.#record(engine, task, failed(engine, failure));
  }

  /** @returns what the function threw, `null` if it did not. @throws what is wrong with the store. */
  async #attempt(engine: Engine, task: Task, fn: LoadedFunction): Promise<SyscallError | null> {
    const thrown: unknown[] = [];
    try {
      await engine.store.mutate(async (transaction) => {
        if (!task.waits(transaction)) return;
        try {
          await runMutationIn(engine, transaction, fn, parseArguments(task.args), originOf(task, "mutation"));
        } catch (error) {
          thrown.push(error);
          throw error;
        }
        task.end(transaction, { kind: "success" });
      });
      return null;
    } catch (error) {
      if (thrown.includes(error)) return toSyscallError(error);
      // Nothing was committed, and the next attempt may succeed.
      throw error;
    }
  }

  async #action(engine: Engine, task: Task, fn: LoadedFunction): Promise<void> {
    const begun = await this.#insist(engine, functionLabel(fn), () =>
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
    // How it went once it was cut off is nobody's word; the next start records that.
    if (!this.#isAborted()) await this.#record(engine, task, outcome);
  }

  async #record(engine: Engine, task: Task, outcome: Outcome): Promise<void> {
    await this.#insist(engine, functionLabel({ component: task.component, path: task.name }), () =>
      engine.store.mutate((transaction) => {
        task.end(transaction, outcome);
        return Promise.resolve();
      }),
    );
  }

  /** Tries until it succeeds, for a job must not be lost because a disk is full; `undefined` if the runner is aborted. */
  async #insist<T>(engine: Engine, path: string, attempt: () => Promise<T>): Promise<T | undefined> {
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

  /** A call, as it changes while others are awaited. */
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
