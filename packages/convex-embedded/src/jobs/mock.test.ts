/** Compares the official mock and the embedded runtime where the mock behaves like Convex. */
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";
import type { Value } from "convex/values";
import { expect, test, vi } from "vitest";
import schema from "../../fixtures/scheduled/convex/schema";
import type { Job } from "../jobs/jobs";
import { serveScheduled } from "../jobs/schedulerForTests";

interface Engine {
  readonly run: (
    kind: "query" | "mutation" | "action",
    name: string,
    args: Record<string, Value>,
  ) => Promise<Value>;
  /** Advances the time by a second and waits for due jobs. */
  readonly later: () => Promise<void>;
}

/** Runs the same program on an engine. The result has no ids and times. */
async function program({ run, later }: Engine): Promise<unknown> {
  const note = (text: string, delay: number) =>
    run("mutation", "schedule", { name: "jobs:note", args: { text }, delay });
  await note("first", 0);
  await note("second", 500);
  const canceled = (await note("third", 500)) as string;
  await run("mutation", "cancel", { id: canceled });
  const args = { name: "jobs:act", args: { text: "fourth" }, delay: 100 };
  await run("action", "scheduleFromAction", args);
  await run("mutation", "schedule", { name: "jobs:noteThenFail", args: { text: "fifth" }, delay: 0 });
  await run("mutation", "scheduleThenFail", { text: "sixth" }).catch(() => undefined);
  await later();
  const jobs = (await run("query", "all", {})) as Job[];
  const texts = (await run("query", "texts", {})) as string[];
  // The mock writes `jobs:note` instead of Convex's `jobs.js:note`, and no error.
  return {
    texts: texts.toSorted(),
    jobs: jobs.map(({ name, args, state }) => [name.replace(".js:", ":"), args, state.kind]),
  };
}

test("jobs end in the same states with the same effects", async () => {
  const { server, pass } = await serveScheduled();
  const embedded = await program({
    run: (_kind, name, args) => server.run(`jobs:${name}`, args),
    later: () => pass(1_000),
  });

  vi.useFakeTimers();
  try {
    const modules = {
      "../../fixtures/scheduled/convex/jobs.ts": () => import("../../fixtures/scheduled/convex/jobs"),
      "../../fixtures/scheduled/convex/_generated/api.js": () => Promise.resolve({}),
    };
    const t = convexTest(schema, modules);
    const runners = t as unknown as Record<string, (reference: unknown, args: unknown) => Promise<Value>>;
    const mock = await program({
      run: (kind, name, args) => {
        const runner = runners[kind];
        if (runner === undefined) throw new Error(`The mock has no ${kind}`);
        return runner(makeFunctionReference(`jobs:${name}`), args);
      },
      later: () => t.finishAllScheduledFunctions(() => vi.advanceTimersByTime(1_000)),
    });
    expect(embedded).toEqual(mock);
  } finally {
    vi.useRealTimers();
  }
});
