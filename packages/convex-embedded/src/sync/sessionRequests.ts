/**
 * Runs a client's mutations exactly once.
 *
 * A client that loses its connection sends unanswered mutations again, with the same session and request number. The result is
 * recorded in the transaction of the mutation, so a repeated request returns the recorded result, also after a crash. A mutation
 * that failed has written nothing and is not recorded: it runs again.
 */
import type { JSONValue } from "convex/values";
import { convexToJson } from "convex/values";
import type { Engine } from "../exec/engine";
import type { LoadedFunction } from "../exec/loadedFunction";
import { SyscallError } from "../exec/errors";
import { startMutation } from "../exec/run";
import { parseArguments, validateArguments } from "../exec/validation";
import type { Catalog, Reader, Transaction } from "../store/types";
import { insertRow, removeRow, systemIndex, systemTable } from "../store/system/systemRows";
import { SESSION_REQUESTS } from "../store/system/systemTables";
import { encodeKey, prefixEnd } from "../values/keys";
import type { RequestFromSocket } from "./syncCaller";

/** Clients that reconnect later may run a mutation twice. Milliseconds. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** Each mutation removes this many expired records, so that there are never many. */
const REMOVED_PER_MUTATION = 2;

/** A request of a client. */
export interface SessionRequest {
  /** The client's random UUID. */
  readonly session: string;
  readonly request: number;
}

/** A result as the client receives it. */
export interface MutationResult {
  readonly result: JSONValue;
  readonly logLines: readonly string[];
}

interface RecordRow {
  readonly _id: string;
  readonly _creationTime: number;
  /** The caller's token identifier, `null` for an anonymous client. */
  readonly caller: string | null;
  /** The JSON texts of a `MutationResult`. */
  readonly result: string;
  readonly logLines: string;
}

/** Returns the recorded result, `null` if the request has not run. @throws SyscallError if another caller made the request. */
export function recordedResult(
  engine: Engine,
  reader: Reader,
  { session, request }: SessionRequest,
  identity: string | undefined,
): MutationResult | null {
  const [row] = rowsOf(engine.store.catalog, reader, "by_request", encodeKey([session, request]), 1);
  if (row === undefined) return null;
  if (row.caller !== callerIn(identity)) {
    throw new SyscallError("Another user has already made this request. The mutation was not run again.");
  }
  return {
    result: JSON.parse(row.result) as JSONValue,
    logLines: JSON.parse(row.logLines) as readonly string[],
  };
}

/** Runs a mutation unless the request has already run. @throws SyscallError with the function's error. */
export async function runOnce(
  engine: Engine,
  fn: LoadedFunction,
  args: JSONValue,
  origin: RequestFromSocket,
  request: SessionRequest,
): Promise<MutationResult> {
  const parsed = parseArguments(args);
  validateArguments(engine, fn, parsed);
  const { done, committed } = await engine.store.mutate(async (transaction) => {
    const recorded = recordedResult(engine, transaction, request, origin.identity);
    if (recorded !== null) return { done: recorded, committed: null };
    const { result, committed } = startMutation(engine, transaction, fn, parsed, origin);
    const made = { result: convexToJson(await result), logLines: origin.lines };
    record(engine, transaction, request, origin.identity, made);
    return { done: made, committed };
  });
  committed?.();
  return done;
}

function record(
  { store: { catalog }, clock }: Engine,
  transaction: Transaction,
  { session, request }: SessionRequest,
  identity: string | undefined,
  { result, logLines }: MutationResult,
): void {
  const table = systemTable(catalog, SESSION_REQUESTS);
  const now = clock();
  for (const row of rowsOf(catalog, transaction, "by_creation_time", encodeKey([]), REMOVED_PER_MUTATION)) {
    if (row._creationTime < now - KEPT_MS) removeRow(transaction, table, row._id);
  }
  insertRow(transaction, table, now, {
    session,
    request,
    caller: callerIn(identity),
    result: JSON.stringify(result),
    logLines: JSON.stringify(logLines),
  });
}

/** Returns the first rows whose key in the index begins with the prefix. */
function rowsOf(
  catalog: Catalog,
  reader: Reader,
  index: "by_request" | "by_creation_time",
  prefix: Buffer,
  count: number,
): RecordRow[] {
  const found = systemIndex(systemTable(catalog, SESSION_REQUESTS), index);
  const cursor = reader.scan(found, { start: prefix, end: prefixEnd(prefix) }, "asc");
  const rows: RecordRow[] = [];
  for (let row = cursor.next(); row !== null; row = rows.length < count ? cursor.next() : null) {
    rows.push(JSON.parse(row.json) as RecordRow);
  }
  return rows;
}

/** A token that is refreshed keeps its identifier, although its other claims may change. */
function callerIn(identity: string | undefined): string | null {
  return identity === undefined
    ? null
    : (JSON.parse(identity) as { readonly tokenIdentifier: string }).tokenIdentifier;
}
