/** Writes log lines without a system call for each. */

/** The destination of lines, such as `process.stdout`. */
export interface LineSink {
  write(text: string): unknown;
}

/** Long enough to batch the lines of many requests, too short for a reader to notice. Milliseconds. */
const BATCH_MS = 10;

/**
 * Creates a function that writes lines. The first line is written immediately, so that a crash does not lose it. Lines that
 * follow within 10 ms are written together.
 *
 * @returns the function, and `flush`, which must be called when the process ends.
 */
export function lineWriter(sink: LineSink): {
  readonly write: (line: string) => void;
  readonly flush: () => void;
} {
  /** Buffered lines; `null` if no line was written in the last 10 ms. */
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
    setTimeout(later, BATCH_MS).unref();
  };
  return {
    flush,
    write(line) {
      if (held !== null) {
        held += `${line}\n`;
        return;
      }
      held = "";
      setTimeout(later, BATCH_MS).unref();
      sink.write(`${line}\n`);
    },
  };
}
