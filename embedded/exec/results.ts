/**
 * Results of queries, kept until something changes that the query has read, as Convex keeps them
 * (docs.convex.dev/functions/query-functions#caching--reactivity--consistency).
 *
 * Only what depends on nothing but arguments and documents is kept: a query that asks for the time, who is calling, a
 * file or a system table, or that writes to the log, runs each time. Settings stay the same as long as the build.
 */
import type { Value } from "convex/values";
import type { LoadedFunction } from "../runtime/modules";
import type { Changes } from "../store/changes";
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
}

/** The results of one build's queries. */
export class Results {
  readonly #changes: Changes;
  /** The one that was not used for longest comes first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** The last commit: to be asked for before a query begins that is to be kept. */
  get now(): number {
    return this.#changes.last;
  }

  /** What a call's result is kept under, `null` for arguments that are large or no plain JSON. */
  keyOf({ component, path }: LoadedFunction, { value, mostBytes }: Copy): string | null {
    if (mostBytes > LONGEST_ARGUMENTS) return null;
    const args = textOf(value);
    return args === null ? null : `${component}/${path} ${args}`;
  }

  /** A copy of a result that still stands. */
  find(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    const now = this.#changes.last;
    if (kept.since !== now && !kept.observed.isUnchanged(this.#changes, kept.since)) {
      this.#bytes -= bytesOf(kept);
      return undefined;
    }
    kept.since = now;
    this.#kept.set(key, kept);
    return copyPlain(kept.result.value)?.value;
  }

  /** Keeps what a query that has ended gave. @param since `now` before it began. */
  keep(key: string, result: Value, observed: Observed, since: number): void {
    const copy = observed.repeatable ? copyPlain(result) : null;
    if (copy === null || copy.mostBytes > MOST_BYTES_OF_ONE) return;
    observed.end();
    this.#drop(key);
    const kept = { result: copy, observed, since };
    this.#kept.set(key, kept);
    this.#bytes += bytesOf(kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= bytesOf(kept);
  }
}

const bytesOf = ({ result }: Kept): number => result.mostBytes + BYTES_BESIDE;

/** A text that no other value has, of a copy, whose fields are sorted. */
function textOf(value: Value): string | null {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : textOfObject(value);
    default:
      return null;
  }
}

function textOfObject(value: object): string | null {
  if (value instanceof ArrayBuffer) return null;
  let text = Array.isArray(value) ? "[" : "{";
  for (const [name, inner] of Object.entries(value) as [string, Value][]) {
    const own = textOf(inner);
    if (own === null) return null;
    text += Array.isArray(value) ? `${own},` : `${JSON.stringify(name)}:${own},`;
  }
  return text + (Array.isArray(value) ? "]" : "}");
}
