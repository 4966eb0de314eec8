/**
 * `performance` as in Convex's runtime (`npm-packages/udf-runtime/src/27_performance.ts` of get-convex/convex-backend): the time,
 * marks and measures. The entries belong to the running function.
 */
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { FunctionEventTarget } from "../web/eventTarget";

export interface MarkOptions {
  readonly startTime?: number;
  readonly detail?: unknown;
}

/** Times are milliseconds since `timeOrigin`, or the names of marks. */
export interface MeasureOptions {
  readonly start?: string | number;
  readonly end?: string | number;
  readonly duration?: number;
  readonly detail?: unknown;
}

/** Passed by this file only. Functions cannot construct these classes. */
const INTERNAL = Symbol("internal");

class PerformanceEntry {
  constructor(
    key: unknown,
    readonly name: string,
    readonly entryType: "mark" | "measure",
    readonly startTime: number,
    readonly duration: number,
  ) {
    if (key !== INTERNAL) throw new TypeError("Illegal constructor");
  }

  toJSON(): object {
    return Object.fromEntries(Object.entries(this));
  }

  get [Symbol.toStringTag](): string {
    return this.constructor.name;
  }
}

class PerformanceMeasure extends PerformanceEntry {
  readonly detail: unknown;

  constructor(key: unknown, name: string, startTime: number, duration: number, detail: unknown) {
    super(key, name, "measure", startTime, duration);
    this.detail = structuredClone(detail);
  }
}

/**
 * Returns `performance` and its classes by their global names.
 *
 * @param now Returns the time in milliseconds since `timeOrigin`.
 * @param timeOrigin Milliseconds since 1970.
 */
export function performanceGlobals(now: () => number, timeOrigin: number) {
  const entries = new WeakMap<Execution, PerformanceEntry[]>();

  /** Returns the entries of the running function. While a module is imported, entries are not kept. */
  const own = (): PerformanceEntry[] => {
    const execution = executions.getStore();
    if (execution === undefined) return [];
    let list = entries.get(execution);
    if (list === undefined) entries.set(execution, (list = []));
    return list;
  };

  class PerformanceMark extends PerformanceEntry {
    readonly detail: unknown;

    constructor(name: string, { detail = null, startTime = now() }: MarkOptions = {}) {
      super(INTERNAL, name, "mark", startTime, 0);
      if (startTime < 0) {
        throw new TypeError(
          `Cannot construct PerformanceMark: startTime cannot be negative, received ${startTime}`,
        );
      }
      this.detail = structuredClone(detail);
    }
  }

  class Performance extends FunctionEventTarget {
    readonly timeOrigin = timeOrigin;

    constructor(key: unknown) {
      super();
      if (key !== INTERNAL) throw new TypeError("Illegal constructor");
    }

    now(): number {
      return now();
    }

    toJSON(): object {
      return { timeOrigin };
    }

    mark(name: string, options?: MarkOptions): PerformanceMark {
      const mark = new PerformanceMark(name, options);
      own().push(mark);
      return mark;
    }

    /** @throws TypeError, or a DOMException named `SyntaxError` if a mark does not exist. */
    measure(name: string, given: string | MeasureOptions = {}, endMark?: string): PerformanceMeasure {
      const options: MeasureOptions = typeof given === "string" ? { start: given } : given;
      checkMeasure(given, endMark);
      const { start, duration, detail = null } = options;
      const end = endMark ?? options.end;
      const [from, to] = [timeOf(start), timeOf(end)];
      const length = duration !== undefined && timeOf(duration);
      const endTime = to ?? (from !== undefined && length !== false ? from + Number(length) : now());
      const startTime = from ?? (to !== undefined && length !== false ? to - Number(length) : 0);
      const measure = new PerformanceMeasure(INTERNAL, name, startTime, endTime - startTime, detail);
      own().push(measure);
      return measure;
    }

    getEntries(): PerformanceEntry[] {
      return [...own()];
    }

    getEntriesByName(name: string, type?: string): PerformanceEntry[] {
      return own().filter((entry) => entry.name === name && (type ?? entry.entryType) === entry.entryType);
    }

    getEntriesByType(type: string): PerformanceEntry[] {
      return own().filter((entry) => entry.entryType === type);
    }

    clearMarks(name?: string): void {
      clear("mark", name);
    }

    clearMeasures(name?: string): void {
      clear("measure", name);
    }

    get [Symbol.toStringTag](): string {
      return "Performance";
    }
  }

  const timeOf = (mark: string | number | undefined): number | undefined => {
    if (typeof mark === "string") {
      const entry = own().findLast(({ name, entryType }) => name === mark && entryType === "mark");
      if (entry === undefined) throw new DOMException(`Cannot find mark: "${mark}"`, "SyntaxError");
      return entry.startTime;
    }
    if (mark !== undefined && mark < 0) throw new TypeError(`Mark cannot be negative: received ${mark}`);
    return mark;
  };

  const clear = (type: string, name?: string): void => {
    const list = own();
    const kept = list.filter((entry) => entry.entryType !== type || (name ?? entry.name) !== entry.name);
    list.splice(0, list.length, ...kept);
  };

  return {
    performance: new Performance(INTERNAL),
    Performance,
    PerformanceEntry,
    PerformanceMark,
    PerformanceMeasure,
  };
}

function checkMeasure(given: string | MeasureOptions, endMark: string | undefined): void {
  if (typeof given === "string" || Object.keys(given).length === 0) return;
  if (endMark) throw new TypeError('Options cannot be passed with "endMark"');
  if ("start" in given && "duration" in given && "end" in given) {
    throw new TypeError('Cannot specify "start", "end", and "duration" together in options');
  }
}
