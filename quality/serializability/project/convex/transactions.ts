/**
 * The transactions of the workload. Each runs steps that append values to lists and read lists.
 *
 * The prefix of a key says how its list is stored: `document:` as one document, `rows:` as a range of an index, and `ledger:` as a
 * range of an index in a component.
 */
import type {
  ActionBuilder,
  DataModelFromSchemaDefinition,
  FunctionReference,
  GenericMutationCtx,
  GenericQueryCtx,
  MutationBuilder,
  QueryBuilder,
} from "convex/server";
import {
  actionGeneric,
  componentsGeneric,
  makeFunctionReference,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import { ConvexError, v } from "convex/values";
import type schema from "./schema";

/** One step of a mutation. */
export type Step =
  | { readonly do: "append"; readonly key: string; readonly value: number }
  | { readonly do: "read"; readonly key: string }
  /** A nested mutation. If it fails, the mutation catches the error. */
  | { readonly do: "attempt"; readonly steps: readonly Step[]; readonly fails: boolean }
  /** Nested mutations that are started at the same time. */
  | { readonly do: "together"; readonly calls: readonly (readonly Step[])[] }
  | { readonly do: "schedule"; readonly steps: readonly Step[] };

/** The result of a step: the list for `read`, the nested results for `attempt` and `together`, else null. */
export type Result = readonly number[] | null | readonly Result[];

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query = queryGeneric as QueryBuilder<DataModel, "public">;
const mutation = mutationGeneric as MutationBuilder<DataModel, "public">;
const action = actionGeneric as ActionBuilder<DataModel, "public">;
type QueryCtx = GenericQueryCtx<DataModel>;
type MutationCtx = GenericMutationCtx<DataModel>;

const FAILED = "failed on purpose";
/** Long enough that the runtime hashes it in another thread. */
const LONG = new Uint8Array(256 * 1024);

interface Run extends Record<string, unknown> {
  readonly steps: readonly Step[];
  readonly fails: boolean;
}

const runReference = makeFunctionReference<"mutation", Run, Result[]>("transactions:run");
const readReference = makeFunctionReference<"query", { keys: string[]; index: string }, number[][]>(
  "transactions:read",
);
const ledger = componentsGeneric()["ledger"] as unknown as Readonly<
  Record<
    "rows",
    {
      readonly read: FunctionReference<"query", "internal", { key: string }, number[]>;
      readonly append: FunctionReference<"mutation", "internal", { key: string; value: number }, null>;
    }
  >
>;

/** Runs steps one after the other. @param fails true to throw after the last step. */
export const run = mutation({
  // The steps are nested, which a validator cannot describe.
  args: { steps: v.array(v.any()), fails: v.boolean() },
  handler: async (ctx, { steps, fails }) => {
    const results: Result[] = [];
    for (const step of steps as Step[]) results.push(await perform(ctx, step));
    if (fails) throw new ConvexError(FAILED);
    return results;
  },
});

/** Reads lists. @param index The index to read `rows:` lists with. */
export const read = query({
  args: { keys: v.array(v.string()), index: v.string() },
  handler: async (ctx, { keys, index }) => {
    const lists: (readonly number[])[] = [];
    for (const key of keys) lists.push(await list(ctx, key, index));
    // Mutations commit between the reads and the end of the query.
    await crypto.subtle.digest("SHA-256", LONG);
    return lists;
  },
});

/** Runs a mutation, then a query, each in its own transaction. */
export const runThenRead = action({
  args: { steps: v.array(v.any()), keys: v.array(v.string()), index: v.string() },
  handler: async (ctx, { steps, keys, index }) => {
    const results = await ctx.runMutation(runReference, { steps: steps as Step[], fails: false });
    return { results, lists: await ctx.runQuery(readReference, { keys, index }) };
  },
});

/** Returns the number of scheduled functions that are pending or in progress. */
export const scheduled = query({
  args: {},
  handler: async (ctx) => {
    const jobs = await ctx.db.system.query("_scheduled_functions").order("desc").take(2_000);
    return jobs.filter(({ state }) => state.kind === "pending" || state.kind === "inProgress").length;
  },
});

async function perform(ctx: MutationCtx, step: Step): Promise<Result> {
  switch (step.do) {
    case "append":
      await append(ctx, step.key, step.value);
      return null;
    case "read":
      return list(ctx, step.key, "by_key");
    case "attempt":
      return ctx
        .runMutation(runReference, { steps: step.steps, fails: step.fails })
        .catch((error: unknown) => {
          // Not `instanceof`: the modules of the workload's pushes each contain a copy of the class.
          if (Reflect.get(Object(error), "data") !== FAILED) throw error;
          return null;
        });
    case "together":
      return Promise.all(step.calls.map((steps) => ctx.runMutation(runReference, { steps, fails: false })));
    case "schedule":
      await ctx.scheduler.runAfter(0, runReference, { steps: step.steps, fails: false });
      return null;
  }
}

async function append(ctx: MutationCtx, key: string, value: number): Promise<void> {
  if (key.startsWith("ledger:")) await ctx.runMutation(ledger.rows.append, { key, value });
  else if (key.startsWith("rows:")) await ctx.db.insert("rows", { key, value, kind: "row" });
  else {
    const document = await documentOf(ctx, key);
    if (document === null) await ctx.db.insert("lists", { key, values: [value] });
    else await ctx.db.patch("lists", document._id, { values: [...document.values, value] });
  }
}

async function list(ctx: QueryCtx, key: string, index: string): Promise<readonly number[]> {
  if (key.startsWith("ledger:")) return ctx.runQuery(ledger.rows.read, { key });
  if (!key.startsWith("rows:")) return (await documentOf(ctx, key))?.values ?? [];
  // Safe: the workload names only indexes that the schema in service declares.
  const rows = ctx.db.query("rows").withIndex(index as "by_key", (q) => q.eq("key", key));
  return (await rows.collect()).map(({ value }) => value);
}

function documentOf(ctx: QueryCtx, key: string) {
  return ctx.db
    .query("lists")
    .withIndex("by_key", (q) => q.eq("key", key))
    .unique();
}
