/**
 * The query cache. Like Convex, it keeps a query's result until a commit changes data that the query has read
 * (docs.convex.dev/functions/query-functions#caching--reactivity--consistency).
 *
 * A result is cached only if it depends solely on arguments and documents. A query that reads the time, the caller's identity,
 * a file or a system table, or that logs a line, runs each time. Settings need no tracking: a new setting starts a new
 * build, which has its own cache.
 */
import type { Value } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { WriteLog } from "../store/writeLog";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import type { ReadSet } from "./readSet";

/** The maximum size of all results together, which is about 15,000 small documents, and of one result. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_RESULT_BYTES = 64 * 1024;
/** The approximate size of an entry without its result. */
const ENTRY_OVERHEAD_BYTES = 512;
const MAX_ARGUMENT_BYTES = 1024;

interface Entry {
  readonly result: Copy;
  readonly readSet: ReadSet;
  /** The memory of the result and of the read set. */
  readonly bytes: number;
  /** The number of the last commit at which the result is known to be valid. */
  since: number;
  /** True if it was used since the last eviction. */
  used: boolean;
}

/** Counts of a server's caches, which outlive a build. */
export interface CacheCounts {
  hits: number;
  /** Calls that could have been answered from the cache, but ran the query. */
  misses: number;
}

/** The cached results of one build's queries. */
export class QueryCache {
  /** In the order in which entries were added, or moved to the end by an eviction. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(
    private readonly writeLog: WriteLog,
    private readonly counts: CacheCounts = { hits: 0, misses: 0 },
  ) {}

  /** The size of all results together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of cached results. */
  get size(): number {
    return this.#entries.size;
  }

  /** The last commit. Read it before the query starts, then pass it to `set`. */
  get lastCommit(): number {
    return this.writeLog.last;
  }

  /** Returns the key of a call, `null` if its arguments are large or not plain JSON. Such calls are not cached. */
  keyOf({ component, path }: LoadedFunction, { value, maxBytes }: Copy): string | null {
    if (maxBytes > MAX_ARGUMENT_BYTES || !isJson(value)) return null;
    // A semicolon separates the two, because both can contain slashes.
    return `${component};${path} ${JSON.stringify(value)}`;
  }

  /** Returns a copy of the cached result if it is still valid. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.counts.misses++;
      return undefined;
    }
    const now = this.writeLog.last;
    if (entry.since !== now && !entry.readSet.isUnchanged(this.writeLog, entry.since)) {
      this.#drop(key, entry);
      this.counts.misses++;
      return undefined;
    }
    this.counts.hits++;
    entry.since = now;
    entry.used = true;
    return copyPlain(entry.result.value)?.value;
  }

  /** Caches the result of a query that has ended. @param since The value of `lastCommit` before the query started. */
  set(key: string, result: Value, readSet: ReadSet, since: number): void {
    const copy = readSet.cacheable ? copyPlain(result) : null;
    if (copy === null || copy.maxBytes > MAX_RESULT_BYTES) return;
    readSet.end();
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before);
    const bytes = copy.maxBytes + readSet.bytes + ENTRY_OVERHEAD_BYTES;
    this.#entries.set(key, { result: copy, readSet, bytes, since, used: false });
    this.#bytes += bytes;
    this.#evict();
  }

  /**
   * Evicts the oldest entries, but moves those that were used to the end. Moving an entry at each use would cost more than the
   * look-up itself.
   */
  #evict(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#drop(key, entry);
      if (!entry.used) continue;
      entry.used = false;
      this.#entries.set(key, entry);
      this.#bytes += entry.bytes;
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

/** True for a value that JSON text represents exactly. */
function isJson(value: Value): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || (!(value instanceof ArrayBuffer) && Object.values(value).every(isJson));
    default:
      return false;
  }
}
