/** Shared by the tests of this folder: the fixture's modules, and the two packages that are compared. */
import { convexTest as mock } from "convex-test";
import counterSchema from "../../fixtures/harness/convex/counter/schema";
import schema from "../../fixtures/harness/convex/schema";
import type { Glob } from "./modules";
import { convexTest } from "./index";

/** Both packages by name. One suite runs on both, so the harness behaves like the official mock. */
export const BOTH = [
  ["convex-test", mock],
  ["the harness", convexTest],
] as const;

export type ConvexTest = typeof convexTest;

// A name with two dots is plain code, not a Convex module. Fixtures have no generated files.
const FOLDER = "../../fixtures/harness/convex";
export const modules: Record<string, () => Promise<unknown>> = {
  ...(import.meta.glob("../../fixtures/harness/convex/*.ts") satisfies Glob),
  [`${FOLDER}/_generated/api.js`]: () => Promise.resolve({}),
};
export const counterModules: Record<string, () => Promise<unknown>> = {
  ...(import.meta.glob("../../fixtures/harness/convex/counter/*.ts") satisfies Glob),
  [`${FOLDER}/counter/_generated/api.js`]: () => Promise.resolve({}),
};

/** Creates an instance of the fixture without its components. */
export function start(convexTest: ConvexTest) {
  return convexTest(schema, modules);
}

/** Creates an instance with three counters: `counter`, `other`, and `inner` within the first. */
export function startWithCounters(convexTest: ConvexTest) {
  const t = start(convexTest);
  // A component may be registered before its parent.
  for (const path of ["counter/inner", "counter", "other"]) {
    t.registerComponent(path, counterSchema, counterModules);
  }
  return t;
}
