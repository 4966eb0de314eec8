import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import { Settling } from "./settling";

const FUNCTIONS = `
  import { anyApi, internalMutationGeneric as mutation } from "convex/server";
  export const add = mutation((ctx, { text }) => ctx.db.insert("notes", { text }));
  export const nested = mutation(async (ctx) => {
    for (const text of ["a", "b", "c"]) await ctx.runMutation(anyApi.settling.add, { text });
  });
`;

/** Counts the turns of the event loop until the work is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  const done = new AbortController();
  const count = (): void => {
    turns++;
    if (!done.signal.aborted) setImmediate(count);
  };
  count();
  await work;
  done.abort();
  return turns;
}

test("mutations do not each take a turn of the event loop", async () => {
  const project = copyOf(BASIC);
  writeFileSync(join(project, "convex", "settling.ts"), FUNCTIONS);
  const { server } = await serve({ project });
  const run = () => Promise.all(Array.from({ length: 30 }, () => server.run("settling:nested", {})));
  // The first runs load the function, and show how many callbacks to request.
  for (let round = 0; round < 5; round++) await run();
  expect(await turnsOf(run())).toBeLessThan(20);
});

test("a later callback of the same turn ends what returned after an earlier one", async () => {
  const settling = new Settling();
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => settling.after(resolve));
  };
  await chain();
  const begin = new Promise<void>((resolve) => setImmediate(resolve));
  settling.prepare();
  expect(await turnsOf(begin.then(chain))).toBeLessThan(5);
});

test("callbacks that are requested in vain do not stay", async () => {
  const settling = new Settling();
  for (let i = 0; i < 100; i++) await new Promise<void>((resolve) => settling.after(resolve));
  for (let turn = 0; turn < 100; turn++) {
    settling.prepare();
    await new Promise(setImmediate);
  }
  const before = process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
  settling.prepare();
  const after = process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
  expect(after - before).toBeLessThan(3);
});

test("work continues in the same turn if callbacks were requested, and in the next turn if none were", async () => {
  const settling = new Settling();
  const order: string[] = [];
  const begun = new Promise<void>((resolve) => setImmediate(resolve));
  settling.prepare();
  await begun;
  setImmediate(() => order.push("the next turn"));
  await settling.soon();
  order.push("the same turn");
  // The only requested callback has run.
  await settling.soon();
  expect(order).toEqual(["the same turn", "the next turn"]);
});
