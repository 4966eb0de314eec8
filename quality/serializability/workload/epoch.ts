/**
 * One epoch of a run: clients run transactions on lists of their own, and then the history is checked.
 *
 * An epoch ends when the server is idle and all of its lists have been read. Later epochs use other lists, so no anomaly can involve
 * transactions of two epochs, and memory is bounded however long the run is.
 */
import { setTimeout as pause } from "node:timers/promises";
import { below, randomOf } from "../../../packages/convex-embedded/fixtures/random";
import { check } from "../check/check";
import type { Anomaly } from "../check/history";
import type { TestServer } from "../server";
import { call } from "./http";
import { HttpClient } from "./httpClient";
import { KeyPool } from "./keyPool";
import { LiveClient } from "./liveClient";
import type { Counts } from "./recorder";
import { Recorder } from "./recorder";

const HTTP_CLIENTS = 16;
const LIVE_CLIENTS = 4;
const KEYS_PER_FINAL_READ = 20;
/** How long live queries may take to show the last write, in milliseconds. Only a broken subscription takes longer. */
const LIVE_MS = 60_000;
/** The delay of a kill after the transaction that triggers it, at most, in milliseconds. Spreads the kills over the stages of a commit. */
const MAX_DELAY_MS = 20;

export interface EpochOptions {
  readonly number: number;
  readonly seed: number;
  /** The number of transactions, at least. */
  readonly size: number;
  /** Whether the server is killed. */
  readonly kill: boolean;
  /** Whether an index is added or removed. */
  readonly push: boolean;
}

export interface EpochResult {
  readonly counts: Counts;
  readonly transactions: number;
  readonly anomalies: readonly Anomaly[];
}

export class Epoch {
  readonly recorder = new Recorder();
  readonly keys: KeyPool;

  constructor(
    readonly server: TestServer,
    private readonly options: EpochOptions,
  ) {
    this.keys = new KeyPool(options.number);
  }

  isOver(): boolean {
    return this.recorder.transactions >= this.options.size;
  }

  /** Runs the epoch and checks its history. */
  async run(): Promise<EpochResult> {
    const { number, seed } = this.options;
    const random = randomOf(seed * 1_000 + number);
    const own = () => randomOf(below(random, 2 ** 31));
    const http = Array.from({ length: HTTP_CLIENTS }, (_, i) => new HttpClient(this, `http ${i}`, own()));
    const live = Array.from({ length: LIVE_CLIENTS }, (_, i) => new LiveClient(this, `socket ${i}`, own()));
    try {
      const { size, kill, push } = this.options;
      const delay = below(random, MAX_DELAY_MS);
      await Promise.all([
        ...[...http, ...live].map((client) => client.work()),
        // A push may be cut off by the kill, and may overlap the start after it.
        push && this.#whenReached(below(random, size)).then(() => this.server.pushIndex()),
        kill && this.#whenReached(below(random, size)).then(() => this.#restartAfter(delay)),
      ]);
      const stale = await this.#finish(live);
      const { history, counts, transactions } = this.recorder;
      return { counts, transactions, anomalies: [...check(history), ...stale] };
    } finally {
      await Promise.all(live.map((client) => client.close()));
    }
  }

  async #whenReached(transactions: number): Promise<void> {
    const POLL_MS = 5;
    while (this.recorder.transactions < transactions) await pause(POLL_MS);
  }

  async #restartAfter(milliseconds: number): Promise<void> {
    await pause(milliseconds);
    await this.server.restart();
  }

  /** Waits for scheduled functions, reads all lists, and waits for live queries. */
  async #finish(live: readonly LiveClient[]): Promise<Anomaly[]> {
    const { recorder, keys, server } = this;
    const ask = async <Value>(name: string, args: object): Promise<Value> => {
      const outcome = await call<Value>(server.apiUrl, "query", name, args);
      if (outcome.status !== "done") throw new Error(`${name}: ${outcome.status}`);
      return outcome.value;
    };
    const POLL_MS = 50;
    while ((await ask<number>("scheduled", {})) > 0) await pause(POLL_MS);
    recorder.jobsEnded();
    const final = new Map<string, readonly number[]>();
    for (let i = 0; i < keys.all.length; i += KEYS_PER_FINAL_READ) {
      const asked = keys.all.slice(i, i + KEYS_PER_FINAL_READ);
      const startedAt = recorder.now();
      const lists = await ask<number[][]>("read", { keys: asked, index: "by_key" });
      recorder.query("last reader", asked, startedAt, lists);
      for (const [at, key] of asked.entries()) final.set(key, lists[at] ?? []);
    }
    const timer = new AbortController();
    const current = Promise.all(live.map((client) => client.untilCurrent(final))).then(() => true);
    const late = pause(LIVE_MS, false, { signal: timer.signal });
    // Rejects when it is aborted.
    late.catch(() => undefined);
    const inTime = await Promise.race([current, late]);
    timer.abort();
    if (inTime) return [];
    return live.map((client) => ({ kind: "stale live result", description: client.state() }));
  }
}
