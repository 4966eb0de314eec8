/** Random programs have the same results on the embedded engine, on disk and in memory, as on the official mock. */
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import * as fc from "fast-check";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";
import schema from "../../fixtures/differential/convex/schema";
import { FAULTS } from "./faults";
import { convexTest as harness } from "../testing/index";
import { programs } from "./programs";
import type { Engine } from "./run";
import { outcomes } from "./run";

const RUNS = Number(process.env["DIFFERENTIAL_RUNS"] ?? 100);
const PROJECT = join(import.meta.dirname, "../../fixtures/differential");

const modules = {
  "../../fixtures/differential/convex/programs.ts": () =>
    import("../../fixtures/differential/convex/programs"),
  "../../fixtures/differential/convex/_generated/api.js": () => Promise.resolve({}),
};

const mock = (): Engine => engineOf(convexTest);

function engineOf(make: typeof convexTest): Engine {
  const t = make(schema, modules) as unknown as Record<
    string,
    (reference: unknown, args: Record<string, Value>) => Promise<Value>
  >;
  return (kind, name, args) => {
    const run = t[kind];
    if (run === undefined) throw new Error(`The mock has no method ${kind}`);
    return run(makeFunctionReference(`programs:${name}`), args);
  };
}

/** Returns the engine for all programs of a test. The test deletes its documents before each program. */
async function embeddedEngine(): Promise<Engine> {
  const { server } = await serve({ project: PROJECT });
  return (_kind, name, args) => server.run(`programs:${name}`, args);
}

test.each([
  ["the embedded runtime", embeddedEngine],
  ["the harness", () => engineOf(harness)],
])(`${RUNS} random programs on %s`, { timeout: 120_000 }, async (_name, open) => {
  const embedded = await open();
  let documents = 0;
  const property = fc.asyncProperty(programs, async (program) => {
    await embedded("mutation", "clear", {});
    const expected = await outcomes(mock(), program);
    expect(await outcomes(embedded, program, expected.walks)).toEqual(expected);
    documents += JSON.stringify(expected.results.at(-1)).split('"_id"').length - 1;
  });
  await fc.assert(property, { numRuns: RUNS });
  // Programs in which every step fails would agree as well, so check that they wrote documents.
  expect(documents / RUNS).toBeGreaterThan(5);
});

test.each(FAULTS)("the mock still has its fault: $fault", async ({ program }) => {
  const embedded = await embeddedEngine();
  expect(await outcomes(embedded, program)).not.toEqual(await outcomes(mock(), program));
});
