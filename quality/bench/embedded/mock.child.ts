/** The official mock, `convex-test`, with the benchmark's functions. */
import { convexTest } from "convex-test";
import type { FunctionReference } from "convex/server";
import { makeFunctionReference } from "convex/server";
import { answerParent } from "../lib/children";
import schema from "./project/convex/schema";

type Internal<Kind extends "query" | "mutation", Result> = FunctionReference<
  Kind,
  "internal",
  Record<string, unknown>,
  Result
>;

const BULK = 2_000;

const mock = convexTest(schema, {
  "./project/convex/items.ts": () => import("./project/convex/items"),
  // Tells the mock which folder the functions are in.
  "./project/convex/_generated/api.js": () => Promise.resolve({}),
});
const fill = makeFunctionReference("items:fill") as unknown as Internal<"mutation", string[]>;
const lookUp = makeFunctionReference("items:lookUp") as unknown as Internal<"query", number>;

answerParent({
  async fill({ count }: { count: number }) {
    for (let from = 0; from < count; from += BULK) {
      await mock.mutation(fill, { from, count: Math.min(BULK, count - from), keep: 0 });
    }
  },
  /** Looks up documents by an index in one query. @returns its time in milliseconds. */
  async lookUp({ names }: { names: string[] }) {
    const started = performance.now();
    const found = await mock.query(lookUp, { names });
    if (found !== names.length) throw new Error(`Only ${found} of ${names.length} were found`);
    return performance.now() - started;
  },
});
