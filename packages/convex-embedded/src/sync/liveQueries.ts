/**
 * All subscribed queries of a server.
 *
 * Subscriptions with the same function, arguments and caller share one `LiveQuery`. A commit re-runs only the queries whose read
 * set it touched, once for all connections:
 *
 * ```text
 * commit → write set → ReadIndex → LiveQuery.invalidate → its connections → one shared reading → run → a transition each
 * ```
 */
import type { WriteLog, WriteSet } from "../store/writeLog";
import type { Deployment } from "../protocol/deployment";
import { SERVICE_UNAVAILABLE } from "../exec/errors";
import { threadScheduler } from "../exec/threadScheduler";
import { CommitTimes } from "./commitTimes";
import type { Outcome } from "./liveQuery";
import { LiveQuery } from "./liveQuery";
import { ReadIndex } from "./readIndex";
import type { Reading } from "./readings";
import { Readings } from "./readings";
import type { QueryCall, QueryResult } from "./subscribedQuery";
import { isSystemQuery, runQuery } from "./subscribedQuery";

/** All current results together, in characters. */
const MAX_CHARACTERS = 256 * 1024 * 1024;
const TOO_MUCH = `${SERVICE_UNAVAILABLE}: clients subscribe to too much data. Subscribe to less, or read it in pages.`;

export class LiveQueries {
  readonly times: CommitTimes;
  readonly readings: Readings;
  readonly #writeLog: WriteLog;
  readonly #all = new Set<LiveQuery>();
  /** The queries that new subscribers may share. */
  readonly #shared = new Map<string, LiveQuery>();
  readonly #index = new ReadIndex<LiveQuery>();
  /** Built-in queries of the operator's tools, which run again after every commit. */
  readonly #system = new Set<LiveQuery>();
  #characters = 0;

  /** @param maxCharacters The limit of all current results together. */
  constructor(
    private readonly deployment: Deployment,
    private readonly maxCharacters = MAX_CHARACTERS,
  ) {
    const { store, clock } = deployment.engine();
    this.times = new CommitTimes(clock);
    this.readings = new Readings(deployment.engine, this.times);
    this.#writeLog = store.writeLog;
    store.writeLog.onCommit = (writes) => this.#committed(writes);
  }

  /** The number of queries, each counted once however many connections share it. */
  get size(): number {
    return this.#all.size;
  }

  /** The newest state, without a snapshot. */
  now(): Omit<Reading, "snapshot"> {
    return { engine: this.deployment.engine(), commit: this.#writeLog.last, ts: this.times.last };
  }

  /** @param changed called when the result may have changed. Must not throw. */
  subscribe(call: QueryCall, changed: () => void): LiveQuery {
    const callText = callTextOf(call, call.journal);
    let query = this.#shared.get(callText);
    if (query === undefined) {
      query = new LiveQuery(callText, call);
      this.#shared.set(callText, query);
      this.#all.add(query);
      if (isSystemQuery(call)) this.#system.add(query);
    }
    query.subscribers.add(changed);
    return query;
  }

  unsubscribe(query: LiveQuery, changed: () => void): void {
    query.subscribers.delete(changed);
    if (query.subscribers.size > 0) return;
    this.#all.delete(query);
    this.#system.delete(query);
    if (this.#shared.get(query.callText) === query) this.#shared.delete(query.callText);
    if (query.current === null) return;
    this.#index.remove(query, query.current.readSet);
    this.#characters -= query.current.members.length;
  }

  /** Returns a query's result after a reading's commit. Runs the query if the result is unknown. */
  async read(query: LiveQuery, reading: Reading): Promise<Outcome> {
    return query.at(reading) ?? (await query.read(reading, () => this.#run(query, reading)));
  }

  /** Reports a new build: every query may have another result. */
  rebuilt(): void {
    for (const query of this.#all) for (const changed of query.subscribers) changed();
  }

  async #run(query: LiveQuery, reading: Reading): Promise<Outcome> {
    // Runs the queries of all connections one after the other, so that none of them delays the event loop.
    await threadScheduler.waitToBegin();
    const result = await runQuery(this.deployment, reading, { ...query.call, journal: query.journal });
    const outcome = { ...result, engine: reading.engine, commit: reading.commit, invalidAt: Infinity };
    // Connections with a newer reading may have run the query meanwhile, and the last subscriber may have left.
    const before = query.current;
    if ((before !== null && before.commit > outcome.commit) || !this.#all.has(query)) return outcome;
    if (before !== null) {
      this.#index.remove(query, before.readSet);
      this.#characters -= before.members.length;
    }
    const kept = this.#fits(outcome) ? outcome : { ...outcome, ...tooMuch(outcome.journal) };
    const { last } = this.#writeLog;
    this.#characters += kept.members.length;
    this.#index.add(query, kept.readSet);
    query.replace(kept);
    // The query was not in the index with this read set while it ran.
    const isCurrent =
      last === kept.commit ||
      (!this.#system.has(query) && kept.readSet.isUnchanged(this.#writeLog, kept.commit));
    if (!isCurrent) query.invalidate(kept.commit + 1);
    return kept;
  }

  #fits({ members }: Outcome): boolean {
    return this.#characters + members.length <= this.maxCharacters;
  }

  #committed(writes: readonly WriteSet[] | "unknown"): void {
    this.times.committed();
    const commit = this.#writeLog.last;
    const affected = writes === "unknown" ? this.#all : this.#index.affected(writes);
    for (const query of affected) {
      query.invalidate(commit);
      this.#rename(query);
    }
    if (writes !== "unknown") for (const query of this.#system) query.invalidate(commit);
  }

  /**
   * A query that paginates returns the same page from its second execution on. A new subscriber without that page's journal must
   * not get it: its first page may end elsewhere.
   */
  #rename(query: LiveQuery): void {
    const callText = callTextOf(query.call, query.journal);
    if (callText === query.callText) return;
    if (this.#shared.get(query.callText) === query) this.#shared.delete(query.callText);
    query.callText = callText;
    if (!this.#shared.has(callText)) this.#shared.set(callText, query);
  }
}

function callTextOf({ caller, component, udfPath, args }: QueryCall, journal: string | null): string {
  return JSON.stringify([
    caller.admin,
    caller.denied,
    caller.identity ?? null,
    component,
    udfPath,
    args,
    journal,
  ]);
}

function tooMuch(journal: string | null): Pick<QueryResult, "type" | "members"> {
  const members = `"errorMessage":${JSON.stringify(TOO_MUCH)},"logLines":[],"journal":${JSON.stringify(journal)}`;
  return { type: "QueryFailed", members };
}
