/** Checks the documents against a pushed schema and fills its new indexes, while the old functions are in service. */
import { setTimeout as pause } from "node:timers/promises";
import { SchemaRefused } from "../../store/schema";
import type { ComponentSchema } from "../../store/types";
import type { PushTarget } from "../deployment";
import { refusal } from "./refusal";
import type { IndexDiff } from "./schemaChanges";

export class SchemaPreparation {
  #result: Promise<object> | null = null;
  #validated = false;

  /** @param dryRun True to fill no indexes. */
  constructor(
    private readonly target: Pick<PushTarget, "checkSchemas" | "fillIndexes">,
    private readonly schemas: readonly ComponentSchema[],
    private readonly diffs: Readonly<Record<string, IndexDiff>>,
    private readonly dryRun: boolean,
  ) {}

  /**
   * Starts the work if it has not begun, and waits for its end.
   *
   * @param timeoutMs The milliseconds after which it returns in any case.
   * @returns a `SchemaStatus` of `cli/lib/deployApi/startPush.ts`. @throws ApiError if the schema breaks Convex's rules.
   */
  async wait(timeoutMs: number): Promise<object> {
    const result = (this.#result ??= this.#run());
    const timer = new AbortController();
    try {
      return await Promise.race([result, this.#inProgressAfter(timeoutMs, timer.signal)]);
    } finally {
      timer.abort();
    }
  }

  #run(): Promise<object> {
    const running = this.#prepare();
    // The client may have left, so nothing may wait for this promise. A client that asks again starts the work again.
    running.catch(() => (this.#result = null));
    return running;
  }

  async #prepare(): Promise<object> {
    try {
      await this.target.checkSchemas(this.schemas);
      this.#validated = true;
      if (!this.dryRun) await this.target.fillIndexes(this.schemas);
      return { type: "complete" };
    } catch (error) {
      if (!(error instanceof SchemaRefused)) throw refusal(error);
      const [first] = error.problems;
      return {
        type: "failed",
        error: error.message,
        componentPath: first?.component ?? "",
        tableName: first?.table ?? null,
      };
    }
  }

  async #inProgressAfter(timeoutMs: number, signal: AbortSignal): Promise<object> {
    // When the work has ended first, nothing waits for this promise.
    await pause(timeoutMs, undefined, { signal }).catch(() => undefined);
    const components = this.schemas.map(({ component }) => {
      const indexesTotal = this.diffs[component]?.added_indexes.length ?? 0;
      return [
        component,
        { schemaValidationComplete: this.#validated, indexesComplete: 0, indexesTotal },
      ] as const;
    });
    return { type: "inProgress", components: Object.fromEntries(components) };
  }
}
