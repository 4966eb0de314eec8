/**
 * The query cache: results of queries, until a commit changes something that the query has read, as on Convex
 * (docs.convex.dev/functions/query-functions#caching--reactivity--consistency).
 *
 * A result is cached only if it depends on nothing but arguments and documents. A query that asks for the time, the caller, a
 * file or a system table, or that writes to the log, runs each time. Settings do not change within a build.
 */
import type { Value } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { WriteLog } from "../store/writeLog";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import type { ReadSet } from "./readSet";

/** Bounds for all results together, and for one. */
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_BYTES_OF_ONE = 64 * 1024;
/** What an entry takes beside its result, about. */
const BYTES_BESIDE = 512;
const LONGEST_ARGUMENTS = 1024;

interface Entry {
  readonly result: Copy;
  readonly readSet: ReadSet;
  /** The last commit after which the result is known to be valid. */
  since: number;
  /** True if it was used since the last eviction. */
  used: boolean;
}

/** The cached results of one build's queries. */
export class QueryCache {
  /** In the order in which they were added, or last spared by an eviction. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(private readonly writeLog: WriteLog) {}

  /** The last commit. Read it before a query begins whose result is to be cached. */
  get lastCommit(): number {
    return this.writeLog.last;
  }

  /** The key of a call, `null` if its arguments are large or not plain JSON, and so are not cached. */
  keyOf({ component, path }: LoadedFunction, { value, maxBytes }: Copy): string | null {
    if (maxBytes > LONGEST_ARGUMENTS || !isJson(value)) return null;
    // Both have slashes in them.
    return `${component};${path} ${JSON.stringify(value)}`;
  }

  /** A copy of a result that is still valid. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.writeLog.last;
    if (entry.since !== now && !entry.readSet.isUnchanged(this.writeLog, entry.since)) {
      this.#drop(key, entry);
      return undefined;
    }
    entry.since = now;
    entry.used = true;
    return copyPlain(entry.result.value)?.value;
  }

  /** Caches the result of a query that has ended. @param since `lastCommit` before it began. */
  set(key: string, result: Value, readSet: ReadSet, since: number): void {
    const copy = readSet.cacheable ? copyPlain(result) : null;
    if (copy === null || copy.maxBytes > MOST_BYTES_OF_ONE) return;
    readSet.end();
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before);
    const entry = { result: copy, readSet, since, used: false };
    this.#entries.set(key, entry);
    this.#bytes += bytesOf(entry);
    this.#evict();
  }

  /** Evicts the oldest, but spares those that were used. Moving an entry at each use would cost more than the use. */
  #evict(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(key, entry);
      if (!entry.used) continue;
      entry.used = false;
      this.#entries.set(key, entry);
      this.#bytes += bytesOf(entry);
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= bytesOf(entry);
  }
}

const bytesOf = ({ result }: Entry): number => result.maxBytes + BYTES_BESIDE;

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
