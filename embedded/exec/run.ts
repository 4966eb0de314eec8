/** Runs functions: validates what goes in and out, and gives each the database as its kind may have it. */
import type { JSONValue, ValidatorJSON } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { FunctionKind, LoadedFunction } from "../runtime/modules";
import type { Transaction } from "../store/types";
import { checkValue } from "../values/validators";
import { SyscallError, toSyscallError } from "./errors";
import type { Engine, Origin } from "./execution";
import { Execution, executions } from "./execution";
import type { FunctionPlace } from "./addresses";
import { labelOf, notFound } from "./addresses";
import type { TransactionLimits } from "./limits";
import { checkArgumentBytes, checkResultBytes } from "./limitsOfSize";
import { ComponentIds } from "./tables";

/** What is called, and with what. */
export interface Call extends FunctionPlace {
  readonly kind: FunctionKind;
  /** The arguments' object in Convex's JSON form. */
  readonly args: JSONValue;
  /** What a nested call may do, if less than its caller. */
  readonly limits?: Partial<TransactionLimits>;
}

/**
 * Runs a function on its own: a query on a snapshot, a mutation in a transaction of the writer, an action on neither.
 *
 * @returns the JSON text of its result.
 * @throws SyscallError with what the function threw, or why it was not called. A mutation has written nothing then.
 */
export async function runFunction(engine: Engine, call: Call, origin: Origin): Promise<string> {
  const fn = loaded(engine, call) ?? (await findFunction(engine, call));
  checkKind(fn, call);
  checkArgs(engine, fn, call.args);
  switch (fn.kind) {
    case "query":
      return await runQuery(engine, fn, call.args, origin);
    case "mutation":
      return await runMutation(engine, fn, call.args, origin);
    case "action":
      return await startAction(engine, fn, call.args, origin).result;
  }
}

/**
 * Runs a query or mutation inside another one. A mutation gets a savepoint of the caller's transaction: what it throws
 * undoes its own writes only.
 */
export async function runNested(caller: Execution, call: Call): Promise<string> {
  const fn = loaded(caller.engine, call) ?? (await findFunction(caller.engine, call));
  checkKind(fn, call);
  checkArgs(caller.engine, fn, call.args);
  return caller.turns.run(async () => {
    caller.assertRunning();
    const { engine, origin, now, reader, transaction } = caller;
    const kind = fn.kind === "mutation" ? "mutation" : "query";
    const child = new Execution({
      ...{ engine, origin, now, kind, path: fn.path, component: fn.component, parent: caller },
      ...(reader && { reader }),
      ...(kind === "mutation" && transaction && { transaction }),
    });
    const savepoint = child.transaction?.savepoint();
    const { written } = child.usage;
    const widen = call.limits && child.usage.narrow(call.limits);
    let result: string;
    try {
      result = await settle(child, fn, call.args);
    } catch (error) {
      savepoint?.rollback();
      child.usage.unwrite(written);
      throw error;
    } finally {
      widen?.();
    }
    savepoint?.release();
    return result;
  });
}

async function runQuery(
  engine: Engine,
  fn: LoadedFunction,
  args: JSONValue,
  origin: Origin,
): Promise<string> {
  const reader = engine.store.snapshot();
  const execution = new Execution({
    engine,
    kind: "query",
    path: fn.path,
    component: fn.component,
    origin,
    now: engine.clock(),
    reader,
  });
  try {
    return await settle(execution, fn, args);
  } finally {
    reader.release();
  }
}

async function runMutation(
  engine: Engine,
  fn: LoadedFunction,
  args: JSONValue,
  origin: Origin,
): Promise<string> {
  // Keys may have to be fetched to tell who is logged in: better before the writer waits for it.
  if (origin.token !== null) await engine.auth.identify(origin).catch(() => undefined);
  const { result, scheduled } = await engine.store.mutate((transaction) =>
    runMutationIn(engine, transaction, fn, args, origin),
  );
  // What it scheduled is durable now, and not before.
  if (scheduled > 0) engine.scheduler.wake();
  return result;
}

/**
 * Runs a mutation in a transaction that its caller commits or, if this rejects, rolls back.
 *
 * @returns the JSON text of its result, and how many functions it scheduled.
 */
export async function runMutationIn(
  engine: Engine,
  transaction: Transaction,
  fn: LoadedFunction,
  args: JSONValue,
  origin: Origin,
): Promise<{ result: string; scheduled: number }> {
  // The time is taken when the writer is free: creation times follow the order of commits.
  const now = engine.clock();
  const { path, component } = fn;
  const options = { engine, kind: "mutation", path, component, origin, now } as const;
  const execution = new Execution({ ...options, reader: transaction, transaction });
  const result = await settle(execution, fn, args);
  return { result, scheduled: execution.scheduled.calls };
}

/** Starts an action; `execution.end()` cuts it off. */
export function startAction(
  engine: Engine,
  fn: LoadedFunction,
  args: JSONValue,
  origin: Origin,
): { execution: Execution; result: Promise<string> } {
  const { path, component } = fn;
  const execution = new Execution({ engine, kind: "action", path, component, origin, now: engine.clock() });
  return { execution, result: settle(execution, fn, args) };
}

/** Calls the function and waits until nothing of it is under way; only then its transaction may end. */
async function settle(execution: Execution, fn: LoadedFunction, args: JSONValue): Promise<string> {
  let result: string;
  try {
    result = await execution.budget.run(() => executions.run(execution, invoke, execution, fn, args));
    checkResultBytes(fn.path, result, execution.engine.limits);
  } catch (thrown) {
    const error = toSyscallError(thrown);
    if (error.data === undefined) report(execution, error);
    throw error;
  } finally {
    execution.end();
    // A nested function that was not awaited: its next syscall is refused, and its savepoint ends before ours does.
    if (execution.turns.busy) await execution.turns.idle();
  }
  checkReturns(execution, fn, result);
  return result;
}

function invoke({ engine }: Execution, fn: LoadedFunction, args: JSONValue): Promise<string> {
  const text = JSON.stringify(args);
  checkArgumentBytes(fn.path, args, text, engine.limits);
  return fn.invoke(`[${text}]`);
}

/** A caller gets the message alone, so where it happened is logged here, as Convex logs every function that fails. */
function report(execution: Execution, error: SyscallError): void {
  const message = describeFailure(execution.engine, error);
  execution.engine.log({ level: "error", path: labelOf(execution), message });
}

/** What a function threw, with its trace; the message alone of what the runtime has against a call. */
export function describeFailure({ modules }: Engine, error: SyscallError): string {
  const { cause } = error;
  if (cause === undefined) return error.message;
  const shown = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  return `Uncaught ${modules.mapStack(shown)}`;
}

/** @throws SyscallError if there is no such function; what its module throws when it is evaluated. */
export async function findFunction(engine: Engine, place: FunctionPlace): Promise<LoadedFunction> {
  const fn =
    loaded(engine, place) ?? (await engine.components.get(place.component)?.modules.find(place.name));
  if (fn != null && isExported(fn, place)) return fn;
  throw new SyscallError(notFound(engine, place));
}

/** The function if it was found before, which is found again at once. */
function loaded(engine: Engine, place: FunctionPlace): LoadedFunction | undefined {
  const fn = engine.components.get(place.component)?.modules.loaded(place.name);
  return fn && isExported(fn, place) ? fn : undefined;
}

function isExported(fn: LoadedFunction, { exported = false }: FunctionPlace): boolean {
  return fn.visibility === "public" || !exported;
}

function checkKind({ path, kind }: LoadedFunction, call: Call): void {
  if (kind === call.kind) return;
  throw new SyscallError(
    `Trying to execute ${path} as ${capital(call.kind)}, but it is defined as ${capital(kind)}.`,
  );
}

/** @throws SyscallError in Convex's words if the function does not take these arguments. */
export function checkArgs(engine: Engine, fn: LoadedFunction, args: JSONValue): void {
  const problem = problemOf(engine, fn, fn.args, args);
  if (problem !== null) throw new SyscallError(`ArgumentValidationError: ${problem}`);
}

function checkReturns(execution: Execution, fn: LoadedFunction, result: string): void {
  if (fn.returns === null) return;
  const problem = problemOf(execution.engine, fn, fn.returns, JSON.parse(result) as JSONValue);
  if (problem === null) return;
  const error = new SyscallError(`ReturnsValidationError: ${problem}`);
  report(execution, error);
  throw error;
}

function problemOf(
  engine: Engine,
  { component }: LoadedFunction,
  validator: ValidatorJSON,
  json: JSONValue,
): string | null {
  if (validator.type === "any") return null;
  let value;
  try {
    value = jsonToConvex(json);
  } catch (error) {
    return (error as Error).message;
  }
  return checkValue(validator, value, new ComponentIds(engine, component));
}

function capital(kind: FunctionKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
