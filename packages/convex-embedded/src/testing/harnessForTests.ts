/** What the tests of this folder share: the fixture's modules, and the two packages that are to do the same. */
import { convexTest as mock } from "convex-test";
import counterSchema from "../../fixtures/harness/convex/counter/schema";
import schema from "../../fixtures/harness/convex/schema";
import type { Glob } from "./modules";
import { convexTest } from "./index";

/** By name: one suite for both, so that what it says of the harness is true of the official mock. */
export const BOTH = [
  ["convex-test", mock],
  ["the harness", convexTest],
] as const;

export type ConvexTest = typeof convexTest;

// Two dots: plain code, which is no module. Fixtures have no generated files.
const FOLDER = "../../fixtures/harness/convex";
export const modules: Record<string, () => Promise<unknown>> = {
  ...(import.meta.glob("../../fixtures/harness/convex/*.ts") satisfies Glob),
  [`${FOLDER}/_generated/api.js`]: () => Promise.resolve({}),
};
const counterModules: Record<string, () => Promise<unknown>> = {
  ...(import.meta.glob("../../fixtures/harness/convex/counter/*.ts") satisfies Glob),
  [`${FOLDER}/counter/_generated/api.js`]: () => Promise.resolve({}),
};

/** A new instance of the fixture, without its components. */
export function start(convexTest: ConvexTest) {
  return convexTest(schema, modules);
}

/** The same with three counters: `counter`, `other`, and `inner` within the first. */
export function startWithCounters(convexTest: ConvexTest) {
  const t = start(convexTest);
  // A component may be registered before the one that mounts it.
  for (const path of ["counter/inner", "counter", "other"]) {
    t.registerComponent(path, counterSchema, counterModules);
  }
  return t;
}
