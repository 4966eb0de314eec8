/** Runs functions. Each kind of function gets its own kind of access to the database. */
import type { Value } from "convex/values";
import type { FunctionKind, LoadedFunction } from "./loadedFunction";
import type { Reader, Transaction } from "../store/types";
import type { Copy } from "../values/copy";
import type { FunctionLocation } from "./functionAddress";
import type { Engine } from "./engine";
import type { Origin } from "./origins";
import type { QueryJournal } from "./execution";
import { Execution } from "./execution";
import { checkKind, findFunction, findLoaded } from "./findFunction";
import { SyscallError } from "./errors";
import type { TransactionLimits } from "./limits";
import { MAX_CALL_DEPTH } from "./limits";
import { validateArguments } from "./validation";
import type { QueryCache } from "./queryCache";
import { ReadSet } from "./readSet";
import { logAudits } from "./auditLines";
import { callHandler } from "./callHandler";

/** A call of a function. */
export interface Call extends FunctionLocation {
  readonly kind: FunctionKind;
  /** The arguments' object. The function owns it: pass a copy. */
  readonly args: Copy;
  /** Limits of a nested call that are lower than its caller's. */
  readonly limits?: Partial<TransactionLimits>;
}

/**
 * Runs a top-level function: a query on a snapshot, a mutation in a transaction of the writer, an action without either.
 *
 * @returns the result. The caller owns it.
 * @throws SyscallError, synchronously or as a rejection, with the function's error or the reason why it was not called. A
 * mutation has then written nothing.
 */
export function runFunction(engine: Engine, call: Call, origin: Origin): Promise<Value> {
  const fn = findLoaded(engine, call);
  // Saves a promise on every call but the first.
  if (fn !== undefined) return start(engine, fn, call, origin);
  return findFunction(engine, call).then((found) => start(engine, found, call, origin));
}

function start(engine: Engine, fn: LoadedFunction, call: Call, origin: Origin): Promise<Value> {
  checkKind(fn, call);
  return runLoaded(engine, fn, call.args, origin);
}

/** Runs a top-level function that is already loaded. See `runFunction`. */
export function runLoaded(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  if (fn.kind === "query") return runQuery(engine, fn, args, origin);
  validateArguments(engine, fn, args);
  switch (fn.kind) {
    case "mutation":
      return runMutation(engine, fn, args, origin);
    case "action":
      return startAction(engine, fn, args, origin).result;
  }
}

/**
 * Runs a query or mutation within the caller's transaction. A mutation gets a savepoint: if it throws, only its own writes
 * are rolled back.
 */
export async function runNested(caller: Execution, call: Call): Promise<Value> {
  const fn = findLoaded(caller.engine, call) ?? (await findFunction(caller.engine, call));
  checkKind(fn, call);
  return nestLoaded(caller, fn, call.args, call.limits);
}

/** Runs a nested function that is already loaded. See `runNested`. */
export async function nestLoaded(
  caller: Execution,
  fn: LoadedFunction,
  args: Copy,
  limits?: Partial<TransactionLimits>,
): Promise<Value> {
  validateArguments(caller.engine, fn, args);
  checkDepth(caller);
  return caller.databaseQueue.run(async () => {
    caller.assertRunning();
    const { engine, now, reader } = caller;
    const { kind, path, component } = fn;
    const origin = caller.originFor(component);
    const transaction = kind === "mutation" ? caller.transaction : null;
    const child = new Execution({
      engine,
      kind,
      path,
      component,
      origin,
      now,
      parent: caller,
      reader,
      transaction,
    });
    const savepoint = child.transaction?.savepoint();
    const { writes } = child.usage;
    const widen = limits && child.usage.narrow(limits);
    let result: Value;
    try {
      result = await callHandler(child, fn, args);
    } catch (error) {
      savepoint?.rollback();
      child.usage.restoreWrites(writes);
      throw error;
    } finally {
      widen?.();
    }
    savepoint?.release();
    return result;
  });
}

/** @throws SyscallError with Convex's message if the caller is too deep for another nested call. */
function checkDepth(caller: Execution): void {
  if (caller.depth < MAX_CALL_DEPTH) return;
  throw new SyscallError(
    "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
  );
}

function runQuery(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  const key = engine.queryCache?.keyOf(fn, args) ?? null;
  if (engine.queryCache === undefined || key === null) {
    validateArguments(engine, fn, args);
    return executeQuery(engine, fn, args, origin, null);
  }
  const cached = engine.queryCache.get(key);
  return cached === undefined
    ? runCachedQuery(engine, engine.queryCache, key, fn, args, origin)
    : Promise.resolve(cached);
}

async function runCachedQuery(
  engine: Engine,
  queryCache: QueryCache,
  key: string,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): Promise<Value> {
  validateArguments(engine, fn, args);
  const since = queryCache.lastCommit;
  const readSet = new ReadSet();
  const result = await executeQuery(engine, fn, args, origin, readSet);
  queryCache.set(key, result, readSet, since);
  return result;
}

function executeQuery(
  engine: Engine,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
  readSet: ReadSet | null,
): Promise<Value> {
  const snapshot = engine.store.snapshot();
  return callHandler(executionOf(engine, fn, origin, snapshot, null, readSet), fn, args, snapshot);
}

/** The parts of a subscribed query's run that outlive it. */
export interface SubscribedRun {
  /** Shared with other queries. The caller releases it. */
  readonly snapshot: Reader;
  /** Collects the reads. It is complete once the run has settled. */
  readonly readSet: ReadSet;
  readonly journal: QueryJournal;
}

/** Runs a query whose result is pushed to subscribers. Does not use the query cache. @throws SyscallError, see `runFunction`. */
export async function runSubscribed(
  engine: Engine,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
  { snapshot, readSet, journal }: SubscribedRun,
): Promise<Value> {
  validateArguments(engine, fn, args);
  try {
    return await callHandler(executionOf(engine, fn, origin, snapshot, null, readSet, journal), fn, args);
  } finally {
    readSet.end();
  }
}

async function runMutation(engine: Engine, fn: LoadedFunction, args: Copy, origin: Origin): Promise<Value> {
  // To verify a token, keys may have to be fetched. Do that first, so that the writer does not wait for it.
  const keys = engine.auth.prepare(origin);
  if (keys !== null) await keys;
  let committed: (() => void) | undefined;
  const result = await engine.store.mutate((transaction) => {
    const run = startMutation(engine, transaction, fn, args, origin);
    ({ committed } = run);
    return run.result;
  });
  committed?.();
  return result;
}

/**
 * Starts a mutation in a transaction that its caller commits or, if the result rejects, rolls back.
 *
 * @returns the result, and a callback for the caller to call after the commit: only then are scheduled functions durable, and audit
 * events true.
 */
export function startMutation(
  engine: Engine,
  transaction: Transaction,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): { result: Promise<Value>; committed: () => void } {
  const execution = executionOf(engine, fn, origin, transaction, transaction);
  const committed = (): void => {
    if (execution.usage.functionsScheduled > 0) engine.scheduler.wake();
    logAudits(execution);
  };
  return { result: callHandler(execution, fn, args), committed };
}

/** Starts an action. `execution.end()` aborts it. */
export function startAction(
  engine: Engine,
  fn: LoadedFunction,
  args: Copy,
  origin: Origin,
): { execution: Execution; result: Promise<Value> } {
  const execution = executionOf(engine, fn, origin, null, null);
  return { execution, result: callHandler(execution, fn, args) };
}

/** Creates an execution. Reads the clock here, when the writer is free, so that creation times follow the commit order. */
function executionOf(
  engine: Engine,
  { kind, path, component, inNode }: LoadedFunction,
  origin: Origin,
  reader: Reader | null,
  transaction: Transaction | null,
  readSet: ReadSet | null = null,
  journal: QueryJournal | null = null,
): Execution {
  return new Execution({
    engine,
    kind,
    path,
    component,
    origin,
    now: engine.clock(),
    parent: null,
    reader,
    transaction,
    readSet,
    journal,
    inNode,
  });
}
