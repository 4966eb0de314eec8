/**
 * Results of queries, kept until something changes that the query has read, as Convex keeps them
 * (docs.convex.dev/functions/query-functions#caching--reactivity--consistency).
 *
 * Only what depends on nothing but arguments and documents is kept: a query that asks for the time, who is calling, a
 * file or a system table, or that writes to the log, runs each time. Settings stay the same as long as the build.
 */
import type { Value } from "convex/values";
import type { LoadedFunction } from "../runtime/loadedFunction";
import type { WriteLog } from "../store/writeLog";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import type { Observed } from "./observed";

/** Of all results together, and of one. */
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_BYTES_OF_ONE = 64 * 1024;
/** What an entry takes beside its result, about. */
const BYTES_BESIDE = 512;
const LONGEST_ARGUMENTS = 1024;

interface Kept {
  readonly result: Copy;
  readonly observed: Observed;
  /** The last commit that the result is known to stand after. */
  since: number;
  /** It was found since room was last made. */
  found: boolean;
}

/** The results of one build's queries. */
export class Results {
  readonly #changes: WriteLog;
  /** In the order in which they were kept, or last let stay when room was made. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(changes: WriteLog) {
    this.#changes = changes;
  }

  /** The last commit: to be asked for before a query begins that is to be kept. */
  get now(): number {
    return this.#changes.last;
  }

  /** What a call's result is kept under, `null` for arguments that are large, or other values as JSON. */
  keyOf({ component, path }: LoadedFunction, { value, mostBytes }: Copy): string | null {
    if (mostBytes > LONGEST_ARGUMENTS || !isJson(value)) return null;
    // Both have slashes in them.
    return `${component};${path} ${JSON.stringify(value)}`;
  }

  /** A copy of a result that still stands. */
  find(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const now = this.#changes.last;
    if (kept.since !== now && !kept.observed.isUnchanged(this.#changes, kept.since)) {
      this.#drop(key, kept);
      return undefined;
    }
    kept.since = now;
    kept.found = true;
    return copyPlain(kept.result.value)?.value;
  }

  /** Keeps what a query that has ended gave. @param since `now` before it began. */
  keep(key: string, result: Value, observed: Observed, since: number): void {
    const copy = observed.repeatable ? copyPlain(result) : null;
    if (copy === null || copy.mostBytes > MOST_BYTES_OF_ONE) return;
    observed.end();
    const before = this.#kept.get(key);
    if (before !== undefined) this.#drop(key, before);
    const kept = { result: copy, observed, since, found: false };
    this.#kept.set(key, kept);
    this.#bytes += bytesOf(kept);
    this.#makeRoom();
  }

  /** Drops the oldest, but for those that were found: to move each whenever it is found would cost more than finding it. */
  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(key, kept);
      if (!kept.found) continue;
      kept.found = false;
      this.#kept.set(key, kept);
      this.#bytes += bytesOf(kept);
    }
  }

  #drop(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= bytesOf(kept);
  }
}

const bytesOf = ({ result }: Kept): number => result.mostBytes + BYTES_BESIDE;

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
