/** Runs a subscribed query and writes its result as a part of a `Transition` message. */
import type { JSONValue } from "convex/values";
import { convexToJson } from "convex/values";
import { SyscallError, toSyscallError } from "../exec/errors";
import type { QueryJournal } from "../exec/execution";
import { ReadSet } from "../exec/readSet";
import { runSubscribed } from "../exec/run";
import { checkKind } from "../exec/findFunction";
import { parseArguments } from "../exec/validation";
import { isUnavailable } from "../store/unavailable";
import type { Deployment } from "../protocol/deployment";
import { failureMessage, findCallable } from "../protocol/functions";
import { systemQuery } from "../protocol/system";
import type { FunctionCall } from "./messages";
import type { Reading } from "./readings";
import type { SyncCaller } from "./syncCaller";
import { checkNotDenied, DENIED, QueryOrigin } from "./syncCaller";

export interface QueryCall extends FunctionCall {
  readonly caller: SyncCaller;
  /** Where the query's page ended in an earlier execution, `null` if unknown. */
  readonly journal: string | null;
}

export interface QueryResult {
  readonly type: "QueryUpdated" | "QueryFailed";
  /** The members of the modification that follow its `queryId`, as JSON text. */
  readonly members: string;
  readonly journal: string | null;
  readonly readSet: ReadSet;
}

/** True for the built-in queries of Convex's tools. The write log does not cover what they read. */
export function isSystemQuery({ udfPath }: FunctionCall): boolean {
  return udfPath.startsWith("_system/");
}

/** Runs the query. An error of the function is a result. @throws an error of the runtime. */
export async function runQuery(
  deployment: Deployment,
  { engine, snapshot }: Reading,
  call: QueryCall,
): Promise<QueryResult> {
  const { caller, udfPath, component } = call;
  const origin = new QueryOrigin(caller.identity);
  const readSet = new ReadSet();
  const journal: QueryJournal = { previous: call.journal, next: null };
  try {
    let value: JSONValue;
    if (isSystemQuery(call)) {
      value = await runSystemQuery(deployment, call);
    } else {
      checkNotDenied(caller);
      const fn = await findCallable(engine, { component, path: udfPath, kind: "query" }, caller.admin);
      checkKind(fn, { kind: "query" });
      const run = { snapshot, readSet, journal };
      value = convexToJson(await runSubscribed(engine, fn, parseArguments(call.args), origin, run));
    }
    return result("QueryUpdated", `"value":${JSON.stringify(value)}`);
  } catch (thrown) {
    if (!(thrown instanceof SyscallError) && !isUnavailable(thrown)) throw thrown;
    const error = toSyscallError(thrown);
    // The tools recognize the start of the message.
    const message = error.message.startsWith(DENIED)
      ? error.message
      : failureMessage(engine, origin.requestId, error);
    const data = error.data === undefined ? "" : `,"errorData":${JSON.stringify(error.data)}`;
    return result("QueryFailed", `"errorMessage":${JSON.stringify(message)}${data}`);
  }

  function result(type: QueryResult["type"], members: string): QueryResult {
    const next = journal.next ?? call.journal;
    const rest = `"logLines":${JSON.stringify(origin.lines)},"journal":${JSON.stringify(next)}`;
    return { type, members: `${members},${rest}`, journal: next, readSet };
  }
}

async function runSystemQuery(
  deployment: Deployment,
  { caller, udfPath, args, component }: QueryCall,
): Promise<JSONValue> {
  checkNotDenied(caller);
  if (!caller.admin) throw new SyscallError(`${DENIED}. This needs the admin key.`);
  try {
    const fields = args as Readonly<Record<string, JSONValue>>;
    return await systemQuery(deployment, udfPath, fields, component);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new SyscallError(`${DENIED}. ${error.message}`);
  }
}
