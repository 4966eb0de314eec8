/** The exports of a running server. Only one runs at a time, and the last one can be downloaded. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportSnapshot } from "../commands/export";

export type ExportState =
  | { readonly state: "none" }
  | { readonly state: "failed" }
  /** `at` names the export: microseconds since 1970. */
  | { readonly state: "completed"; readonly at: bigint };

export interface ExportsOptions {
  readonly dataDirectory: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly progress: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Runs work that may block the event loop for long. */
  readonly exempt: <T>(work: () => Promise<T>) => Promise<T>;
}

export class Exports {
  #folder: string | null = null;
  #running = false;
  #latest: Promise<ExportState> = Promise.resolve({ state: "none" });

  constructor(private readonly options: ExportsOptions) {}

  /** Starts an export. @returns false if another one is running. */
  start(withFiles: boolean): boolean {
    if (this.#running) return false;
    this.#running = true;
    this.#latest = this.#run(withFiles).finally(() => (this.#running = false));
    return true;
  }

  /** Returns the state of the last export once it has ended. */
  latest(): Promise<ExportState> {
    return this.#latest;
  }

  /** Returns the file of a completed export and its size in bytes, `null` if it does not exist. */
  file(at: bigint): { readonly path: string; readonly size: number } | null {
    if (this.#folder === null) return null;
    const path = join(this.#folder, `${at}.zip`);
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? null : { path, size: stats.size };
  }

  /** Deletes the last export. */
  close(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  async #run(withFiles: boolean): Promise<ExportState> {
    const { dataDirectory: directory, clock, progress, warn, exempt } = this.options;
    this.close();
    const at = BigInt(clock()) * 1_000n;
    try {
      this.#folder = mkdtempSync(join(tmpdir(), "convex-embedded-"));
      const file = join(this.#folder, `${at}.zip`);
      await exempt(() => exportSnapshot({ directory, file, withFiles, progress, endOnSignal: false }));
      return { state: "completed", at };
    } catch (error) {
      warn(`the export failed: ${(error as Error).message}`);
      this.close();
      return { state: "failed" };
    }
  }
}
