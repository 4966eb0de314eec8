/** The syscalls of `ctx.scheduler`. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { FunctionAddress } from "../exec/functionAddress";
import { toHandle, notFoundMessage, resolveAddress } from "../exec/functionAddress";
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";
import { checkArgumentShape } from "../exec/sizeLimits";
import { TransactionUsage } from "../exec/transactionUsage";
import type { Transaction } from "../store/types";
import { decodeId } from "../values/ids";
import {
  completeJob,
  insertCanceledJob,
  insertJob,
  jobName,
  jobState,
  scheduledFunctions,
} from "../jobs/jobs";

interface ScheduleArgs extends FunctionAddress {
  /** Seconds since 1970; `null` where it is no number. */
  readonly ts: number | null;
  readonly args: JSONValue;
}

interface NewJob {
  readonly name: string;
  readonly args: Value[];
  readonly scheduledTime: number;
}

const FIVE_YEARS_MS = 5 * 366 * 24 * 60 * 60 * 1000;
/** How a commit timestamp that is not known yet stands in JSON; within strings its quotes are escaped. */
const PENDING_VALUE = '{"$commitTs":null}';

/** `ctx.scheduler.runAfter` and `runAt` of mutations: the job exists if the transaction commits. @returns JSON of the id. */
export function schedule(execution: Execution, args: ScheduleArgs): Promise<string> {
  const transaction = transactionOf(execution);
  return execution.databaseQueue.run(async () => {
    const job = await newJob(execution, args, execution.now);
    execution.assertRunning();
    execution.usage.scheduled(job.args);
    return add(execution, transaction, job, execution.now);
  });
}

/** The same in actions, each call in a transaction of its own. */
export async function scheduleFromAction(execution: Execution, args: ScheduleArgs): Promise<string> {
  const { engine } = execution;
  const job = await newJob(execution, args, engine.clock());
  execution.assertRunning();
  new TransactionUsage(engine.limits.transaction, engine.limits.enforced).scheduled(job.args);
  const id = await engine.store.mutate((transaction) =>
    Promise.resolve(add(execution, transaction, job, engine.clock())),
  );
  engine.scheduler.wake();
  return id;
}

/** `ctx.scheduler.cancel` of mutations. */
export function cancelJob(execution: Execution, args: { id: unknown }): Promise<string> {
  const transaction = transactionOf(execution);
  return execution.databaseQueue.run(() => {
    execution.assertRunning();
    return cancel(execution, transaction, args.id, execution.now);
  });
}

/** The same in actions. */
export function cancelJobFromAction(execution: Execution, args: { id: unknown }): Promise<string> {
  const { engine } = execution;
  return engine.store.mutate((transaction) =>
    Promise.resolve(cancel(execution, transaction, args.id, engine.clock())),
  );
}

function transactionOf(execution: Execution): Transaction {
  if (execution.transaction !== null) return execution.transaction;
  throw new SyscallError("Functions can only be scheduled and canceled in mutations and actions.");
}

/**
 * Checks what Convex checks when a function is scheduled: that it exists and when it is to run. What kind it is and what
 * its arguments must be is looked at when it runs.
 */
async function newJob(execution: Execution, call: ScheduleArgs, now: number): Promise<NewJob> {
  const { engine } = execution;
  const place = resolveAddress(execution, call);
  const { component, name } = place;
  const modules = engine.components.get(component)?.modules;
  if (modules === undefined) throw new SyscallError(notFoundMessage(engine, place));
  const scheduledTime = timeOf(call.ts, now);
  if (JSON.stringify(call.args).includes(PENDING_VALUE)) {
    throw new SyscallError(
      `Invalid arguments for "${name}": a scheduled function cannot take an unresolved placeholder value.`,
    );
  }
  const value = jsonToConvex(call.args);
  checkArgumentShape(name, value);
  const args = [value];
  if (engine.harness === true) {
    return { name: component === execution.component ? name : toHandle(place), args, scheduledTime };
  }
  const fn = modules.loaded(name) ?? (await modules.find(name));
  if (place.exported === true && fn?.visibility !== "public")
    throw new SyscallError(notFoundMessage(engine, place));
  if (fn === null) {
    const [module = "", exported = "default"] = name.replace(".js:", ":").split(":");
    throw new SyscallError(
      modules.has(module)
        ? `Attempted to schedule function, but no exported function ${exported} found in the file: ${module}.js. ` +
            "Did you forget to export it?"
        : `Attempted to schedule function at nonexistent path: ${module}.js`,
    );
  }
  return { name: jobName(fn, execution.component), args, scheduledTime };
}

/** @returns milliseconds since 1970, to the microsecond. */
function timeOf(seconds: number | null, now: number): number {
  if (seconds === null || seconds < 0) {
    throw new SyscallError(
      `Invalid argument \`ts\` for \`scheduler\`: ${seconds ?? "no number"} is no time after 1970`,
    );
  }
  const time = Math.round(seconds * 1e6) / 1e3;
  if (Math.abs(time - now) > FIVE_YEARS_MS) {
    const where = time > now ? "future" : "past";
    throw new SyscallError(`UnixTimestamp(${seconds}s) is more than 5 years in the ${where}`);
  }
  return time;
}

function add(execution: Execution, transaction: Transaction, job: NewJob, now: number): string {
  const { engine, origin } = execution;
  const table = scheduledFunctions(engine.store.catalog, execution.component);
  const creationTime = engine.creationTimes.next(now);
  const by = origin.scheduledBy;
  const canceled = by !== undefined && jobState(transaction, engine.store.catalog, by.id) === "canceled";
  const { name, args } = job;
  return JSON.stringify(
    canceled
      ? insertCanceledJob(transaction, table, creationTime, { name, args }, now)
      : insertJob(transaction, table, creationTime, job),
  );
}

/** A job that has ended, or is gone, is left alone. An action that runs goes on, but schedules nothing any more. */
function cancel(execution: Execution, transaction: Transaction, id: unknown, now: number): string {
  const { engine, origin } = execution;
  const decoded = typeof id === "string" ? decodeId(id) : null;
  if (decoded === null) {
    throw new SyscallError(
      `Invalid argument \`id\` for \`scheduler.cancel\`: Unable to decode ID: ${String(id)}`,
    );
  }
  const table = scheduledFunctions(engine.store.catalog, execution.component);
  if (decoded.tableNumber !== table.number) {
    throw new SyscallError(
      "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.",
    );
  }
  const by = origin.scheduledBy;
  if (by?.kind === "mutation" && by.id === id) throw new SyscallError("A mutation cannot cancel itself");
  completeJob(transaction, table, id as string, { kind: "canceled" }, now);
  return "null";
}
