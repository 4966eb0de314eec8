/** Writes log lines without a system call for each. */

/** Where lines go: `process.stdout`, for one. */
export interface LineSink {
  write(text: string): unknown;
}

/** Long enough for the lines of many requests, too short to be missed by who reads along. */
const TOGETHER_MS = 10;

/**
 * A function that writes lines. The first is written at once, so that it is there whatever becomes of the process; those
 * that follow within 10 ms are written together.
 *
 * @returns the function, and `flush`, for when the process ends.
 */
export function lineWriter(sink: LineSink): {
  readonly write: (line: string) => void;
  readonly flush: () => void;
} {
  /** `null` when nothing was written lately. */
  let held: string | null = null;
  const flush = (): void => {
    if (held === null || held === "") return;
    const text = held;
    held = "";
    sink.write(text);
  };
  const later = (): void => {
    if (held === "") {
      held = null;
      return;
    }
    flush();
    setTimeout(later, TOGETHER_MS).unref();
  };
  return {
    flush,
    write(line) {
      if (held !== null) {
        held += `${line}\n`;
        return;
      }
      held = "";
      setTimeout(later, TOGETHER_MS).unref();
      sink.write(`${line}\n`);
    },
  };
}
