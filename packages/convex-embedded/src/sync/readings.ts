/**
 * Readings: snapshots of the database that several connections share.
 *
 * All queries of one transition are read at the same commit. Connections that read at the same time share a snapshot and the
 * results of the queries that they have in common.
 */
import type { Engine } from "../exec/engine";
import type { Snapshot } from "../store/types";
import { systemTable } from "../store/system/systemRows";
import { SESSION_REQUESTS } from "../store/system/systemTables";
import type { CommitTimes } from "./commitTimes";

/** Snapshots at the same time. Each one holds a connection to the database and delays checkpoints of its log. */
const MAX_READINGS = 8;

const NO_DOCUMENT = new Uint8Array(16);

/** One consistent state of the database and of the functions. */
export interface Reading {
  readonly engine: Engine;
  /** The number of the last commit that it contains. */
  readonly commit: number;
  /** The timestamp of that commit. */
  readonly ts: bigint;
  readonly snapshot: Snapshot;
}

interface SharedReading extends Reading {
  users: number;
}

export class Readings {
  readonly #open = new Set<SharedReading>();
  #waiting: (() => void)[] = [];

  constructor(
    private readonly engine: () => Engine,
    private readonly times: CommitTimes,
  ) {}

  /** Opens a reading of the newest state. If too many are open, waits until one is released. */
  async acquire(): Promise<Reading> {
    for (;;) {
      const reading = this.#newest();
      if (reading !== null) return reading;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  release(reading: Reading): void {
    const shared = reading as SharedReading;
    if (--shared.users > 0) return;
    this.#open.delete(shared);
    shared.snapshot.release();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #newest(): Reading | null {
    const engine = this.engine();
    const { store } = engine;
    const commit = store.writeLog.last;
    for (const open of this.#open) {
      if (open.commit !== commit || open.engine !== engine) continue;
      open.users++;
      return open;
    }
    if (this.#open.size >= MAX_READINGS) return null;
    const snapshot = store.snapshot();
    // The first read pins the snapshot to this commit.
    snapshot.get(systemTable(store.catalog, SESSION_REQUESTS), NO_DOCUMENT);
    const reading = { engine, commit, ts: this.times.last, snapshot, users: 1 };
    this.#open.add(reading);
    return reading;
  }
}
