/** The figures of the app itself, which a query of the app returns. */
import type { Value } from "convex/values";
import type { Engine } from "../exec/engine";
import type { LogLine } from "../exec/logLine";
import type { Modules } from "../exec/modules";
import type { Family } from "../metrics/exposition";
import { gauge } from "../metrics/exposition";
import { runAsOperator } from "./operator";

/** The runtime's own names never begin with it. */
const PREFIX = "app_";
const NAME = /^[a-z][a-z0-9_]*$/;
const MAX_FIGURES = 100;

/** @throws Error if a name is not a query's. */
export async function requireMetricsQuery(modules: Modules, name: string | null): Promise<void> {
  if (name === null) return;
  const fn = await modules.find(name);
  if (fn?.kind !== "query") throw new Error(`metrics: ${name} is not a query`);
}

export class AppMetrics {
  /** The last error, so that an error is logged once and not at each scrape. */
  #reported: string | null = null;

  /** @param query takes no arguments and returns a list of `{ name, help, value }`. */
  constructor(
    private readonly engine: () => Engine,
    private readonly query: string,
    private readonly log: (line: LogLine) => void,
  ) {}

  /** Returns the figures, and whether the query succeeded. Never rejects: the other metrics matter most when functions fail. */
  async families(): Promise<Family[]> {
    let figures: Family[] = [];
    let error: string | null = null;
    try {
      const engine = this.engine();
      await requireMetricsQuery(engine.modules, this.query);
      figures = figuresIn(await runAsOperator(engine, { component: "", name: this.query }, {}));
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    if (error !== null && error !== this.#reported)
      this.log({ level: "error", path: this.query, message: `The app's metrics are missing: ${error}` });
    this.#reported = error;
    const up = gauge(
      "convex_app_metrics_up",
      "1 if the query for the app's own figures succeeded, else 0.",
      error === null ? 1 : 0,
    );
    return [up, ...figures];
  }
}

/** @throws Error that names the first invalid figure. */
function figuresIn(result: Value): Family[] {
  if (!Array.isArray(result)) throw new Error("the query must return a list");
  if (result.length > MAX_FIGURES) throw new Error(`the query may return at most ${MAX_FIGURES} figures`);
  const names = new Set<string>();
  return result.map((figure: Value, i) => {
    const { name, help, value } = (figure ?? {}) as Record<string, Value | undefined>;
    const valid = typeof name === "string" && NAME.test(name) && !names.has(name);
    if (!valid) throw new Error(`figure ${i} needs a unique \`name\` of a-z, 0-9 and _`);
    if (typeof help !== "string") throw new Error(`${name}: \`help\` must be text`);
    if (typeof value !== "number") throw new Error(`${name}: \`value\` must be a number`);
    names.add(name);
    return gauge(PREFIX + name, help, value);
  });
}
