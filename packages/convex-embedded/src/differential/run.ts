/** Runs a program on an engine. Reports the results without ids and times, which differ between engines. */
import type { Value } from "convex/values";
import type { PaginationResult } from "convex/server";
import { ConvexError } from "convex/values";
import type { Report, Source, Step } from "../../fixtures/differential/convex/steps.lib";
import type { Call, Program } from "./programs";

/** Calls a function of the project. Rejects with the error that it throws. */
export type Engine = (
  kind: "query" | "mutation",
  name: string,
  args: Record<string, Value>,
) => Promise<Value>;

export interface Outcomes {
  readonly results: readonly unknown[];
  /** The number of pages of each walk. */
  readonly walks: readonly number[];
}

/** An upper bound: walks have fewer pages. */
const MAX_PAGES = 60;

/**
 * Returns the result of each call, then all documents in the order of every index.
 *
 * @param walks The number of pages of each walk. The mock knows one page earlier than Convex that a page is the last one (see
 * `faults.ts`). So the mock runs first, and the other engine gets its numbers.
 */
export async function outcomes(
  engine: Engine,
  program: Program,
  walks?: readonly number[],
): Promise<Outcomes> {
  const run: Run = { engine, ids: [], pages: [], walks: walks ?? null };
  const results: unknown[] = [];
  for (const call of [...program, ALL]) results.push(normal(await outcome(run, call), run.ids));
  return { results, walks: run.pages };
}

interface Run {
  readonly engine: Engine;
  readonly ids: string[];
  readonly pages: number[];
  readonly walks: readonly number[] | null;
}

const whole = (table: Source["table"], index: Source["index"]): Step => ({
  do: "query",
  source: { table, index, equal: [], bounds: [], order: null, filter: null },
  finish: "collect",
});

const ALL: Call = {
  call: "read",
  steps: [
    whole("things", null),
    whole("things", "by_a_b"),
    whole("things", "by_x"),
    whole("typed", "by_a_b"),
  ],
};

function outcome(run: Run, call: Call): Promise<unknown> {
  switch (call.call) {
    case "write":
      return write(run, call.steps, call.fails);
    case "read":
      return run.engine("query", "read", { steps: call.steps as unknown as Value, ids: run.ids });
    case "walk":
      return walk(run, call);
  }
}

async function write({ engine, ids }: Run, steps: readonly Step[], fails: boolean): Promise<unknown> {
  try {
    const args = { steps: steps as unknown as Value, ids, fails };
    const report = (await engine("mutation", "write", args)) as unknown as Report;
    ids.push(...report.ids.slice(ids.length));
    return report.results;
  } catch (error) {
    return { failed: error instanceof ConvexError ? (error.data as Value) : true };
  }
}

async function walk(run: Run, call: Extract<Call, { call: "walk" }>): Promise<unknown> {
  const { source, numItems, between } = call;
  const maxPages = run.walks?.[run.pages.length] ?? MAX_PAGES;
  const seen: unknown[] = [];
  let cursor: string | null = null;
  for (let i = 1; ; i++) {
    const args: Record<string, Value> = { source: source as unknown as Value, numItems, cursor };
    const result = (await run.engine("query", "page", args)) as unknown as PaginationResult<Value>;
    seen.push(result.page);
    if (result.isDone || i === maxPages) {
      run.pages.push(i);
      return [seen, result.isDone || result.page.length === numItems];
    }
    cursor = result.continueCursor;
    const writes = between[i - 1];
    if (writes) seen.push(await write(run, writes, false));
  }
}

/**
 * Normalizes a result: replaces ids with their number in creation order, removes creation times, and writes values that `===`
 * cannot distinguish as text.
 */
function normal(value: unknown, ids: readonly string[]): unknown {
  if (typeof value === "string") {
    const index = ids.indexOf(value);
    return index === -1 ? value : `#${index}`;
  }
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof ArrayBuffer) return `bytes ${[...new Uint8Array(value)].join(" ")}`;
  if (Array.isArray(value)) return value.map((element) => normal(element, ids));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "_creationTime")
      .map(([name, field]) => [name, normal(field, ids)]),
  );
}
