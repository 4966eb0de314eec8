/** Writes log lines without a system call for each. */

/** Where lines go: `process.stdout`, for one. */
export interface LineSink {
  write(text: string): unknown;
}

/**
 * A function that writes lines. The first of a turn of the event loop is written at once, so that it is there whatever
 * becomes of the process; those that follow in the same turn are written together at its end.
 *
 * @returns the function, and `flush`, for when the process ends.
 */
export function lineWriter(sink: LineSink): {
  readonly write: (line: string) => void;
  readonly flush: () => void;
} {
  let held: string | null = null;
  const flush = (): void => {
    const text = held;
    held = null;
    if (text !== null && text !== "") sink.write(text);
  };
  return {
    flush,
    write(line) {
      if (held !== null) {
        held += `${line}\n`;
        return;
      }
      held = "";
      setImmediate(flush);
      sink.write(`${line}\n`);
    },
  };
}
