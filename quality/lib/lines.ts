/** Collects the lines that a process prints. Only `\n` ends a line, so that tests can see forged line breaks. */
import type { Readable } from "node:stream";

export class Lines {
  readonly #all: string[] = [];
  readonly #rests = new Set<() => void>();
  #ended = false;
  #waiting: (() => void)[] = [];

  get all(): readonly string[] {
    return this.#all;
  }

  /** Collects the lines of a stream. @param each called with each line. @returns a function that discards all later output. */
  read(stream: Readable, each: (line: string) => void): () => void {
    let rest = "";
    let discarding = false;
    const add = (line: string) => {
      if (discarding) return;
      this.#all.push(line);
      each(line);
    };
    const onData = (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) add(line);
      this.#wake();
    };
    this.#rests.add(() => {
      if (rest !== "") add(rest);
    });
    stream.setEncoding("utf8").on("data", onData);
    return () => {
      discarding = true;
      rest = "";
      // An unread pipe would block the process.
      stream.off("data", onData).resume();
    };
  }

  /** Discards the lines so far. */
  clear(): void {
    this.#all.length = 0;
  }

  /** Waits for a line, past or future. @throws Error with all lines if the process ends without it. */
  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#all.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#ended)
        throw new Error(`The process has ended without ${String(pattern)}:\n${this.#all.join("\n")}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Call when the process has ended and its streams are closed. */
  end(): void {
    for (const flush of this.#rests) flush();
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
