/** Runs functions: validates what goes in and out, and gives each the database as its kind may have it. */
import type { JSONValue, ValidatorJSON, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { FunctionKind, LoadedFunction } from "../runtime/modules";
import type { Reader, Snapshot, Transaction } from "../store/types";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import { checkValue } from "../values/validators";
import { resolveCommitTs } from "./commitTs";
import { SyscallError, toSyscallError } from "./errors";
import type { Engine, Origin } from "./execution";
import { Execution, executions } from "./execution";
import type { FunctionPlace } from "./addresses";
import { labelOf, notFound } from "./addresses";
import type { TransactionLimits } from "./limits";
import { checkArgumentBytes, checkResultBytes } from "./limitsOfSize";
import type { Results } from "./results";
import { Observed } from "./results";
import { ComponentIds } from "./tables";

/** What is called, and with what. */
export interface Call extends FunctionPlace {
  readonly kind: FunctionKind;
  /** The arguments' object. It is the function's from now on: nobody else may hold it. */
  readonly args: Copy;
  /** What a nested call may do, if less than its caller. */
  readonly limits?: Partial<TransactionLimits>;
}

/**
 * Runs a function on its own: a query on a snapshot, a mutation in a transaction of the writer, an action on neither.
 *
 * @returns its result, which nobody else holds.
 * @throws SyscallError, at once or as a rejection, with what the function threw, or why it was not called. A mutation
 * has written nothing then.
 */
export function runFunction(engine: Engine, call: Call, origin: Origin): Promise<Value> {
  const fn = loaded(engine, call);
  // A promise less for every function but the first time.
  if (fn !== undefined) return start(engine, fn, call, origin);
  return findFunction(engine, call).then((found) => start(engine, found, call, origin));
}

function start(engine: Engine, fn: LoadedFunction, call: Call, origin: Origin): Promise<Value> {
  checkKind(fn, call);
  return runLoaded(engine, fn, call.args, origin);
}

/** The same with a function that is at hand. */
export function runLoaded(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  if (fn.kind === "query") return runQuery(engine, fn, args, origin);
  checkArgs(engine, fn, args);
  switch (fn.kind) {
    case "mutation":
      return runMutation(engine, fn, args, origin);
    case "action":
      return startAction(engine, fn, args, origin).result;
  }
}

/**
 * Runs a query or mutation inside another one. A mutation gets a savepoint of the caller's transaction: what it throws
 * undoes its own writes only.
 */
export async function runNested(caller: Execution, call: Call): Promise<Value> {
  const fn = loaded(caller.engine, call) ?? (await findFunction(caller.engine, call));
  checkKind(fn, call);
  return nestLoaded(caller, fn, call.args, call.limits);
}

/** The same with a function that is at hand. */
export async function nestLoaded(
  caller: Execution,
  fn: LoadedFunction,
  args: Copy,
  limits?: Partial<TransactionLimits>,
): Promise<Value> {
  checkArgs(caller.engine, fn, args);
  return caller.turns.run(async () => {
    caller.assertRunning();
    const { engine, now, reader } = caller;
    const { kind, path, component } = fn;
    const origin = caller.originFor(component);
    const transaction = kind === "mutation" ? caller.transaction : null;
    const child = new Execution({
      ...{ engine, kind, path, component, origin, now },
      ...{ parent: caller, reader, transaction },
    });
    const savepoint = child.transaction?.savepoint();
    const { written } = child.usage;
    const widen = limits && child.usage.narrow(limits);
    let result: Value;
    try {
      result = await settle(child, fn, args);
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

function runQuery(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  const key = engine.results?.keyOf(fn, args) ?? null;
  if (engine.results === undefined || key === null) {
    checkArgs(engine, fn, args);
    return runQueryAnew(engine, fn, args, origin, null);
  }
  const kept = engine.results.find(key);
  return kept === undefined
    ? runQueryToKeep(engine, engine.results, key, fn, args, origin)
    : Promise.resolve(kept);
}

async function runQueryToKeep(
  engine: Engine,
  results: Results,
  key: string,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): Promise<Value> {
  checkArgs(engine, fn, args);
  const since = results.now;
  const observed = new Observed();
  const result = await runQueryAnew(engine, fn, args, origin, observed);
  results.keep(key, result, observed, since);
  return result;
}

function runQueryAnew(
  engine: Engine,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
  observed: Observed | null,
): Promise<Value> {
  const snapshot = engine.store.snapshot();
  return settle(executionOf(engine, fn, origin, snapshot, null, observed), fn, args, snapshot);
}

async function runMutation(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  // Keys may have to be fetched to tell who is logged in: better before the writer waits for it.
  const keys = engine.auth.prepare(origin);
  if (keys !== null) await keys;
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
 * @returns its result, and how many functions it scheduled.
 */
export async function runMutationIn(
  engine: Engine,
  transaction: Transaction,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): Promise<{ result: Value; scheduled: number }> {
  const execution = executionOf(engine, fn, origin, transaction, transaction);
  const result = await settle(execution, fn, args);
  return { result, scheduled: execution.usage.functionsScheduled };
}

/** Starts an action; `execution.end()` cuts it off. */
export function startAction(
  engine: Engine,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): { execution: Execution; result: Promise<Value> } {
  const execution = executionOf(engine, fn, origin, null, null);
  return { execution, result: settle(execution, fn, args) };
}

/** The time is taken now, when the writer is free: creation times follow the order of commits. */
function executionOf(
  engine: Engine,
  { kind, path, component }: LoadedFunction,
  origin: Origin,
  reader: Reader | null,
  transaction: Transaction | null,
  observed: Observed | null = null,
): Execution {
  return new Execution({
    ...{ engine, kind, path, component, origin, now: engine.clock() },
    ...{ parent: null, reader, transaction, observed },
  });
}

/**
 * Calls the function and waits until nothing of it is under way; only then its transaction may end.
 *
 * @param snapshot is released then.
 */
async function settle(
  execution: Execution,
  fn: LoadedFunction,
  args: Copy,
  snapshot: Snapshot | null = null,
): Promise<Value> {
  let result: Value;
  try {
    const returned = await execution.budget.run(() => executions.run(execution, invoke, execution, fn, args));
    const copy = copyPlain(returned ?? null) ?? unmeasured(resolved(execution, await fn.judge(returned)));
    checkResultBytes(fn.path, copy, execution.engine.limits);
    result = copy.value;
  } catch (thrown) {
    const error = toSyscallError(thrown);
    if (error.data === undefined) report(execution, error);
    throw error;
  } finally {
    execution.end();
    // A nested function that was not awaited: its next syscall is refused, and its savepoint ends before ours does.
    if (execution.turns.busy) await execution.turns.idle();
    snapshot?.release();
  }
  checkReturns(execution, fn, result);
  return result;
}

/** Within its caller's transaction a function's result may name the commit that is still to come. */
function resolved({ parent, transaction }: Execution, result: Value): Value {
  return parent === null && transaction !== null ? resolveCommitTs(transaction, result) : result;
}

function invoke(execution: Execution, fn: LoadedFunction, args: Copy): Promise<unknown> {
  return Promise.resolve(fn.call(execution, args.value));
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

/** Arguments from their JSON form. @throws SyscallError in Convex's words for what is no value. */
export function argumentsOf(json: JSONValue): Copy {
  try {
    const value = jsonToConvex(json);
    return copyPlain(value) ?? unmeasured(value);
  } catch (error) {
    throw new SyscallError(`ArgumentValidationError: ${(error as Error).message}`);
  }
}

/** @throws SyscallError in Convex's words if the function does not take these arguments. */
export function checkArgs(engine: Engine, fn: LoadedFunction, args: Copy): void {
  const problem = problemOf(engine, fn, fn.args, args.value);
  if (problem !== null) throw new SyscallError(`ArgumentValidationError: ${problem}`);
  checkArgumentBytes(fn.path, args, engine.limits);
}

function checkReturns(execution: Execution, fn: LoadedFunction, result: Value): void {
  if (fn.returns === null) return;
  const problem = problemOf(execution.engine, fn, fn.returns, result);
  if (problem === null) return;
  const error = new SyscallError(`ReturnsValidationError: ${problem}`);
  report(execution, error);
  throw error;
}

function problemOf(
  engine: Engine,
  { component }: LoadedFunction,
  validator: ValidatorJSON,
  value: Value,
): string | null {
  if (validator.type === "any") return null;
  return checkValue(validator, value, new ComponentIds(engine, component));
}

/** A copy whose bytes are counted where they matter. */
function unmeasured(value: Value): Copy {
  return { value, mostBytes: Infinity };
}

function capital(kind: FunctionKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
