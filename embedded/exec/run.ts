/** Runs functions: validates what goes in and out, and gives each the database as its kind may have it. */
import type { JSONValue, ValidatorJSON } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { FunctionKind, LoadedFunction } from "../runtime/modules";
import { checkValue } from "../values/validators";
import { SyscallError, toSyscallError } from "./errors";
import type { Engine, Origin } from "./execution";
import { Execution, executions } from "./execution";
import { AppIds } from "./tables";

/** What is called, and with what. */
export interface Call {
  readonly kind: FunctionKind;
  /** `items:get`. */
  readonly name: string;
  /** The arguments' object in Convex's JSON form. */
  readonly args: JSONValue;
}

/**
 * Runs a function on its own: a query on a snapshot, a mutation in a transaction of the writer, an action on neither.
 *
 * @returns the JSON text of its result.
 * @throws SyscallError with what the function threw, or why it was not called. A mutation has written nothing then.
 */
export async function runFunction(engine: Engine, call: Call, origin: Origin): Promise<string> {
  const fn = await resolve(engine, call);
  checkArgs(engine, fn, call.args);
  switch (fn.kind) {
    case "query":
      return runQuery(engine, fn, call.args, origin);
    case "mutation":
      return runMutation(engine, fn, call.args, origin);
    case "action": {
      const execution = new Execution({ engine, kind: "action", path: fn.path, origin, now: engine.clock() });
      return settle(execution, fn, call.args);
    }
  }
}

/**
 * Runs a query or mutation inside another one. A mutation gets a savepoint of the caller's transaction: what it throws
 * undoes its own writes only.
 */
export async function runNested(caller: Execution, call: Call): Promise<string> {
  const fn = await resolve(caller.engine, call);
  checkArgs(caller.engine, fn, call.args);
  return caller.turns.run(async () => {
    caller.assertRunning();
    const { engine, origin, now, reader, transaction } = caller;
    const kind = fn.kind === "mutation" ? "mutation" : "query";
    const child = new Execution({
      ...{ engine, origin, now, kind, path: fn.path, parent: caller },
      ...(reader && { reader }),
      ...(kind === "mutation" && transaction && { transaction }),
    });
    const savepoint = child.transaction?.savepoint();
    let result: string;
    try {
      result = await settle(child, fn, call.args);
    } catch (error) {
      savepoint?.rollback();
      throw error;
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

function runMutation(engine: Engine, fn: LoadedFunction, args: JSONValue, origin: Origin): Promise<string> {
  return engine.store.mutate((transaction) => {
    // The time is taken when the writer is free: creation times follow the order of commits.
    const now = engine.clock();
    const options = { engine, kind: "mutation", path: fn.path, origin, now } as const;
    return settle(new Execution({ ...options, reader: transaction, transaction }), fn, args);
  });
}

/** Calls the function and waits until nothing of it is under way; only then its transaction may end. */
async function settle(execution: Execution, fn: LoadedFunction, args: JSONValue): Promise<string> {
  let result: string;
  try {
    result = await executions.run(execution, invoke, fn, args);
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

function invoke(fn: LoadedFunction, args: JSONValue): Promise<string> {
  return fn.invoke(`[${JSON.stringify(args)}]`);
}

/** A caller gets the message alone, so where it happened is logged here, as Convex logs every function that fails. */
function report(execution: Execution, error: SyscallError): void {
  const cause = error.cause ?? error;
  const shown = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  const message = `Uncaught ${execution.engine.modules.mapStack(shown)}`;
  execution.engine.log({ level: "error", path: execution.path, message });
}

async function resolve(engine: Engine, call: Call): Promise<LoadedFunction> {
  const fn = engine.modules.loaded(call.name) ?? (await engine.modules.find(call.name));
  if (fn === null) {
    throw new SyscallError(
      `Could not find function for '${call.name}'. It is no exported query, mutation or action of the convex/ folder.`,
    );
  }
  if (fn.kind !== call.kind) {
    throw new SyscallError(
      `Trying to execute ${fn.path} as ${capital(call.kind)}, but it is defined as ${capital(fn.kind)}.`,
    );
  }
  return fn;
}

function checkArgs(engine: Engine, fn: LoadedFunction, args: JSONValue): void {
  const problem = problemOf(engine, fn.args, args);
  if (problem !== null) throw new SyscallError(`ArgumentValidationError: ${problem}`);
}

function checkReturns(execution: Execution, fn: LoadedFunction, result: string): void {
  if (fn.returns === null) return;
  const problem = problemOf(execution.engine, fn.returns, JSON.parse(result) as JSONValue);
  if (problem === null) return;
  const error = new SyscallError(`ReturnsValidationError: ${problem}`);
  report(execution, error);
  throw error;
}

function problemOf(engine: Engine, validator: ValidatorJSON, json: JSONValue): string | null {
  if (validator.type === "any") return null;
  let value;
  try {
    value = jsonToConvex(json);
  } catch (error) {
    return (error as Error).message;
  }
  return checkValue(validator, value, new AppIds(engine));
}

function capital(kind: FunctionKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
