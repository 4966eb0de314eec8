/**
 * Results of queries, kept until something changes that the query has read, as Convex keeps them
 * (docs.convex.dev/functions/query-functions#caching--reactivity--consistency).
 *
 * Only what depends on nothing but arguments and documents is kept: a query that asks for the time, who is calling, a
 * file or a system table, or that writes to the log, runs each time. Settings stay the same as long as the build.
 */
import type { Value } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { WriteLog } from "../store/writeLog";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import type { ReadSet } from "./readSet";

/** Of all results together, and of one. */
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_BYTES_OF_ONE = 64 * 1024;
/** What an entry takes beside its result, about. */
const BYTES_BESIDE = 512;
const LONGEST_ARGUMENTS = 1024;

interface Entry {
  readonly result: Copy;
  readonly readSet: ReadSet;
  /** The last commit that the result is known to stand after. */
  since: number;
  /** It was found since room was last made. */
  found: boolean;
}

/** The results of one build's queries. */
export class QueryCache {
  /** In the order in which they were kept, or last let stay when room was made. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(private readonly writeLog: WriteLog) {}

  /** The last commit: to be asked for before a query begins that is to be kept. */
  get lastCommit(): number {
    return this.writeLog.last;
  }

  /** What a call's result is kept under, `null` for arguments that are large, or other values as JSON. */
  keyOf({ component, path }: LoadedFunction, { value, maxBytes }: Copy): string | null {
    if (maxBytes > LONGEST_ARGUMENTS || !isJson(value)) return null;
    // Both have slashes in them.
    return `${component};${path} ${JSON.stringify(value)}`;
  }

  /** A copy of a result that still stands. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.writeLog.last;
    if (entry.since !== now && !entry.readSet.isUnchanged(this.writeLog, entry.since)) {
      this.#drop(key, entry);
      return undefined;
    }
    entry.since = now;
    entry.found = true;
    return copyPlain(entry.result.value)?.value;
  }

  /** Keeps what a query that has ended gave. @param since `lastCommit` before it began. */
  set(key: string, result: Value, readSet: ReadSet, since: number): void {
    const copy = readSet.cacheable ? copyPlain(result) : null;
    if (copy === null || copy.maxBytes > MOST_BYTES_OF_ONE) return;
    readSet.end();
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before);
    const entry = { result: copy, readSet, since, found: false };
    this.#entries.set(key, entry);
    this.#bytes += bytesOf(entry);
    this.#makeRoom();
  }

  /** Drops the oldest, but for those that were found: to move each whenever it is found would cost more than finding it. */
  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(key, entry);
      if (!entry.found) continue;
      entry.found = false;
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

/** Whether JSON says all of a value. */
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
