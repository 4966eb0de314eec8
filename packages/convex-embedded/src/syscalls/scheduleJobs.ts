/** The syscalls of `ctx.scheduler`. */
import { version } from "convex";
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { FunctionAddress } from "../exec/functionAddress";
import { pathFlaw } from "../exec/functionPath";
import { functionLabel, notFoundMessage, resolveAddress, toHandle } from "../exec/functionAddress";
import { SyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import type { Execution } from "../exec/execution";
import type { Modules } from "../exec/modules";
import { checkArgumentShape } from "../exec/sizeLimits";
import { TransactionUsage } from "../exec/transactionUsage";
import { PENDING_COMMIT_TS } from "../store/transaction";
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
  /** Seconds since 1970, `null` if the argument is not a finite number. */
  readonly ts: number | null;
  readonly args: JSONValue;
}

interface NewJob {
  readonly name: string;
  readonly args: Value[];
  readonly scheduledTime: number;
}

const FIVE_YEARS_MS = 5 * 366 * 24 * 60 * 60 * 1000;

/** `ctx.scheduler.runAfter` and `runAt` of mutations. The job exists once the transaction commits. @returns the id as JSON. */
export function schedule(execution: Execution, args: ScheduleArgs): Promise<string> {
  const transaction = transactionOf(execution);
  return execution.databaseQueue.run(async () => {
    const job = await newJob(execution, args, execution.now);
    execution.assertRunning();
    execution.usage.scheduled(job.args);
    return add(execution, transaction, job, execution.now);
  });
}

/** `ctx.scheduler.runAfter` and `runAt` of actions. Each call has its own transaction. */
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

/** `ctx.scheduler.cancel` of actions. */
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

/** True for a function that a test file of the harness exports, such as `lib.test:migrate`. Convex deploys no such files. */
async function isOfTest({ harness }: Engine, modules: Modules, name: string): Promise<boolean> {
  return harness === true && (await modules.find(name)) != null;
}

/**
 * Checks the existence of a function and its scheduled time, as Convex does when a function is scheduled. The function's kind and
 * its arguments are checked when it runs.
 */
async function newJob(execution: Execution, call: ScheduleArgs, now: number): Promise<NewJob> {
  const { engine } = execution;
  const location = resolveAddress(execution, call, "scheduler");
  const { component, name } = location;
  const modules = engine.components.get(component)?.modules;
  if (modules === undefined || (pathFlaw(name) !== null && !(await isOfTest(engine, modules, name))))
    throw new SyscallError(notFoundMessage(engine, location));
  const scheduledTime = timeOf(call.ts, now);
  if (JSON.stringify(call.args).includes(PENDING_COMMIT_TS)) {
    throw new SyscallError(
      `Invalid arguments for "${name}": a scheduled function cannot take an unresolved placeholder value.`,
    );
  }
  const value = jsonToConvex(call.args);
  checkArgumentShape(name, value);
  const args = [value];
  if (engine.harness === true) {
    return { name: component === execution.component ? name : toHandle(location), args, scheduledTime };
  }
  const fn = modules.loaded(name) ?? (await modules.find(name));
  if (location.exported === true && fn?.visibility !== "public")
    throw new SyscallError(notFoundMessage(engine, location));
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

/** Converts seconds to milliseconds since 1970, rounded to the microsecond. */
function timeOf(seconds: number | null, now: number): number {
  if (seconds === null || seconds < 0) {
    throw new SyscallError(
      `Invalid argument \`ts\` for \`scheduler\`: it must be a time after 1970, not ${seconds ?? "NaN"}`,
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

/** Cancels a job. Does nothing if it has ended or does not exist. A running action continues but cannot schedule functions. */
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
  // The job is in progress in this very transaction, so it cannot end here.
  if (execution.transaction !== null && by?.id === id) return warnOfSelfCancel(execution);
  completeJob(transaction, table, id as string, { kind: "canceled" }, now);
  return "null";
}

/** Does nothing else: as on Convex for versions of `convex` before 1.50. @throws SyscallError for later versions. */
function warnOfSelfCancel(execution: Execution): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 1 || minor >= 50) throw new SyscallError("A mutation cannot cancel itself");
  const message =
    "A scheduled mutation canceling itself is deprecated and will throw an error in a future version of Convex.";
  execution.engine.log({ level: "warn", path: functionLabel(execution), message });
  return "null";
}
