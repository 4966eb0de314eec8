/**
 * The imports of a running server: an upload in parts, then one transaction.
 *
 * An import has a folder with its uploaded bytes. A client that leaves in the middle of an upload, or before it confirms that
 * documents are deleted, cannot say so. So an import that no client has used for `EXPIRES_MS` ends.
 */
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Timers } from "../../jobs/timers";
import type { ArchiveImport } from "../archiveImport";
import type { ImportResult } from "../commands/import";
import type { ImportMode, ImportPlan } from "../plan";
import { qualified } from "../plan";
import type { TableFile, TableFormat } from "./tableFile";
import { archiveOfTable } from "./tableFile";

export type ImportState =
  | { readonly state: "waiting_for_confirmation"; readonly message: string }
  | { readonly state: "completed"; readonly documents: number }
  | { readonly state: "failed"; readonly message: string };

/** The options of `npx convex import`. */
export interface ImportRequest {
  readonly mode: ImportMode;
  readonly format: TableFormat | "zip";
  /** `""` for the app. */
  readonly component: string;
  /** The table, for every format but `zip`. */
  readonly table: string;
}

export interface ImportsOptions {
  /** Imports an archive in one transaction. @throws Error that says what is wrong; nothing has changed. */
  readonly importArchive: (file: string, options: ArchiveImport) => Promise<ImportResult>;
  /** Returns the number and the creation times for documents of a table. */
  readonly tableOf: (component: string, table: string) => Pick<TableFile, "number" | "nextCreationTime">;
  readonly timers: Timers;
}

/** Uploads and imports that wait for confirmation. Each has a folder of its own. */
const MAX_OPEN = 8;
/** How long an import waits for its client, in milliseconds. */
const EXPIRES_MS = 60 * 60 * 1000;

const EXPIRED: ImportState = {
  state: "failed",
  message: "The import has expired: nothing continued it for an hour. Import again.",
};

interface Open {
  readonly folder: string;
  readonly parts: Map<number, string>;
  request: ImportRequest | null;
  state: Promise<ImportState>;
  /** The parts that arrive, and the import that runs. While it is not 0, the import does not expire. */
  active: number;
  /** The timer that ends the import unless it is active. */
  expiry: unknown;
}

export class Imports {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: ImportsOptions) {}

  /** Starts an upload. @returns its id, which is also the id of the import. @throws Error if too many are open. */
  start(): string {
    if (this.#open.size >= MAX_OPEN)
      throw new Error(
        "Too many imports are open. Finish or cancel one. Abandoned imports end after an hour.",
      );
    const id = randomUUID();
    const folder = mkdtempSync(join(tmpdir(), "convex-embedded-"));
    const state: Promise<ImportState> = Promise.resolve({
      state: "failed",
      message: "The upload is not complete",
    });
    const open: Open = { folder, parts: new Map(), request: null, state, active: 0, expiry: null };
    this.#open.set(id, open);
    this.#waitForClient(id, open);
    return id;
  }

  /** Writes a part of an upload. A part that is sent again replaces the earlier one. @returns false for an unknown upload. */
  async addPart(id: string, part: number, bytes: Readable): Promise<boolean> {
    const open = this.#open.get(id);
    if (open === undefined || open.request !== null) return false;
    const file = join(open.folder, `part-${part}-${randomUUID()}`);
    await this.#whileActive(id, open, () =>
      pipeline(bytes, createWriteStream(file, { flags: "wx", mode: 0o600 })),
    );
    open.parts.set(part, file);
    return true;
  }

  /** Ends an upload and begins the import. @returns false for an unknown upload. */
  finish(id: string, request: ImportRequest): boolean {
    const open = this.#open.get(id);
    if (open === undefined || open.request !== null) return false;
    open.request = request;
    open.state = this.#runWhileActive(id, open, request, async () => {
      const file = join(open.folder, "upload");
      for (const [, part] of [...open.parts].sort(([a], [b]) => a - b)) {
        await pipeline(createReadStream(part), createWriteStream(file, { flags: "a", mode: 0o600 }));
        rmSync(part);
      }
      if (request.format === "zip") return;
      const { component, table, format } = request;
      const archive = join(open.folder, "archive");
      await archiveOfTable({ file, format, table, ...this.options.tableOf(component, table) }, archive);
    });
    return true;
  }

  /** Imports although documents are deleted. @returns false for an unknown import. */
  confirm(id: string): boolean {
    const open = this.#open.get(id);
    if (open?.request == null) return false;
    const { request } = open;
    open.state = this.#runWhileActive(id, open, request, () => Promise.resolve(), true);
    return true;
  }

  /** Cancels an import that waits for confirmation. */
  cancel(id: string): void {
    this.#end(id);
  }

  /** Returns the state once the import has ended or waits for confirmation; `null` for an unknown import. */
  async state(id: string): Promise<ImportState | null> {
    return (await this.#open.get(id)?.state) ?? this.#ended.get(id) ?? null;
  }

  /** Deletes all uploads. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.#end(id);
  }

  /** The last results, for clients that ask again. */
  readonly #ended = new Map<string, ImportState>();

  #runWhileActive(
    id: string,
    open: Open,
    request: ImportRequest,
    prepare: () => Promise<void>,
    confirmed = false,
  ): Promise<ImportState> {
    return this.#whileActive(id, open, () => this.#run(id, open, request, prepare, confirmed));
  }

  async #whileActive<T>(id: string, open: Open, work: () => Promise<T>): Promise<T> {
    open.active++;
    this.options.timers.clear(open.expiry);
    try {
      return await work();
    } finally {
      open.active--;
      if (open.active === 0) this.#waitForClient(id, open);
    }
  }

  /** Ends the import if its client does not continue it. */
  #waitForClient(id: string, open: Open): void {
    if (this.#open.get(id) !== open) return;
    const { timers } = this.options;
    timers.clear(open.expiry);
    open.expiry = timers.set(() => {
      this.#end(id);
      this.#remember(id, EXPIRED);
    }, EXPIRES_MS);
  }

  async #run(
    id: string,
    { folder }: Open,
    { mode, format, component }: ImportRequest,
    prepare: () => Promise<void>,
    confirmed: boolean,
  ): Promise<ImportState> {
    let lost: ImportPlan["lost"] = [];
    const confirm: ArchiveImport["confirm"] = (found) => {
      lost = found;
      return Promise.resolve(confirmed);
    };
    let state: ImportState;
    try {
      await prepare();
      const file = join(folder, format === "zip" ? "upload" : "archive");
      const { documents } = await this.options.importArchive(file, { mode, component, confirm });
      state = { state: "completed", documents };
    } catch (error) {
      if (lost.length > 0 && !confirmed) return { state: "waiting_for_confirmation", message: lossOf(lost) };
      state = { state: "failed", message: (error as Error).message };
    }
    this.#end(id);
    this.#remember(id, state);
    return state;
  }

  #remember(id: string, state: ImportState): void {
    if (this.#ended.size >= MAX_OPEN) this.#ended.delete([...this.#ended.keys()][0] ?? "");
    this.#ended.set(id, state);
  }

  #end(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.options.timers.clear(open.expiry);
    rmSync(open.folder, { recursive: true, force: true });
  }
}

function lossOf(lost: ImportPlan["lost"]): string {
  return lost.map(({ table, count }) => `${qualified(table)}: ${count} documents will be deleted`).join("\n");
}
