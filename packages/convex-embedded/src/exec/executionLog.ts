/** The latest executions of functions with their log lines, for `npx convex logs`. They are in memory only. */
import type { Execution, ExecutionKind } from "./execution";
import type { LogLine } from "./logLine";

/** One line that a function logged. */
export interface LoggedLine extends Pick<LogLine, "level" | "message"> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A function that has ended, with the lines of the functions that ran in its transaction. */
export interface LoggedExecution {
  /** When it ended, in milliseconds since 1970. Unique and increasing. */
  readonly at: number;
  readonly kind: ExecutionKind;
  /** `items:get`, `GET /items`. */
  readonly path: string;
  readonly component: string;
  readonly requestId: string;
  readonly elapsedMs: number;
  readonly lines: readonly LoggedLine[];
  /** Describes the error that it threw, with a trace. Costs much on the first call. `null` if it succeeded. */
  readonly error: (() => string) | null;
}

const MAX_EXECUTIONS = 1_000;
/** As on Convex. */
const MAX_LINES = 256;
const MAX_LINE_LENGTH = 32 * 1024;
/** All lines together, in characters. */
const MAX_TEXT = 4 * 1024 * 1024;
/** The difference between two times that are otherwise equal. Numbers near the current time can represent it. */
const STEP_MS = 1 / 1024;

export class ExecutionLog {
  #entries: LoggedExecution[] = [];
  #text = 0;
  #last = 0;
  readonly #waiting = new Set<() => void>();

  /** @param clock returns milliseconds since 1970. */
  constructor(private readonly clock: () => number) {}

  /** Adds a line to the outermost execution. Drops lines beyond Convex's limit. */
  line(execution: Execution, { level, message }: LogLine): void {
    const { root } = execution;
    const line = { level, message: message.slice(0, MAX_LINE_LENGTH), at: this.clock() };
    // Most functions log one line at most, and V8 reserves 17 places at the first `push`.
    if (root.lines === undefined) root.lines = [line];
    else if (root.lines.length < MAX_LINES) root.lines.push(line);
  }

  /** Adds an execution that has ended. */
  ended(execution: Execution, elapsedMs: number, error: LoggedExecution["error"]): void {
    const { kind, path, component, origin, lines = [] } = execution;
    this.#last = Math.max(this.clock(), this.#last + STEP_MS);
    const { requestId } = origin;
    this.#entries.push({ at: this.#last, kind, path, component, requestId, elapsedMs, lines, error });
    this.#text += textIn(lines);
    while (this.#entries.length > MAX_EXECUTIONS || (this.#text > MAX_TEXT && this.#entries.length > 1)) {
      const oldest = this.#entries.shift();
      if (oldest !== undefined) this.#text -= textIn(oldest.lines);
    }
    for (const wake of this.#waiting) wake();
  }

  /** The time of the latest execution, or the current time before the first. */
  get latest(): number {
    return this.#last === 0 ? this.clock() : this.#last;
  }

  /** Returns the executions that ended after a time, oldest first. */
  since(time: number): readonly LoggedExecution[] {
    const first = this.#entries.findIndex(({ at }) => at > time);
    return first === -1 ? [] : this.#entries.slice(first);
  }

  /** Resolves at the next execution, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      if (signal.aborted) done();
      else signal.addEventListener("abort", done);
    });
  }
}

function textIn(lines: readonly LoggedLine[]): number {
  return lines.reduce((sum, { message }) => sum + message.length, 0);
}
