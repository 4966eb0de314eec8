import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualTime } from "../../fixtures/manualTime";
import { copyOf } from "../../fixtures/serve";
import { openGate } from "../../fixtures/gate";
import type { Scheduled } from "./schedulerForTests";
import { SCHEDULED, serveScheduled } from "./schedulerForTests";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Creates a project whose `crons.ts` contains these calls of `crons`. */
function projectWith(...calls: string[]): { project: string; change: (...calls: string[]) => void } {
  const project = copyOf(SCHEDULED);
  const change = (...lines: string[]): void => {
    const head =
      'import { anyApi, cronJobs } from "convex/server";\nconst crons = cronJobs();\nconst { jobs } = anyApi;\n';
    writeFileSync(join(project, "convex/crons.ts"), `${head}${lines.join("\n")}\nexport default crons;\n`);
  };
  change(...calls);
  return { project, change };
}

const every = (period: string, text: string) =>
  `crons.interval("${text}", ${period}, jobs.note, { text: "${text}" });`;
const EVERY_MINUTE = every("{ minutes: 1 }", "minutely");

async function restarted({ server, time }: Scheduled, project: string): Promise<Scheduled> {
  await server.close();
  return serveScheduled({ project, data: server.dataDirectory, time });
}

test("an interval runs immediately and then periodically, a cron string when it matches", async () => {
  const { project } = projectWith(
    every("{ seconds: 40 }", "beat"),
    'crons.cron("quarter", "*/15 * * * *", jobs.note, { text: "quarter" });',
  );
  const { server, texts, pass } = await serveScheduled({ project });
  await server.idle();
  expect(await texts()).toEqual(["beat"]);
  for (let i = 0; i < 3; i++) await pass(40 * SECOND_MS);
  expect(await texts()).toEqual(["beat", "beat", "beat", "beat"]);
  await pass(13 * MINUTE_MS);
  expect((await texts()).filter((text) => text === "quarter")).toEqual(["quarter"]);
});

test("a restart neither skips nor doubles a run", async () => {
  const { project } = projectWith(EVERY_MINUTE);
  let scheduled = await serveScheduled({ project });
  await scheduled.server.idle();
  for (let i = 0; i < 6; i++) {
    await scheduled.pass(20 * SECOND_MS);
    scheduled = await restarted(scheduled, project);
    await scheduled.server.idle();
  }
  // At 0, 60 and 120 seconds.
  expect(await scheduled.texts()).toHaveLength(3);
});

test("a job that came due while the process was down runs once, late, and then keeps its old rhythm", async () => {
  const { project } = projectWith(EVERY_MINUTE);
  const first = await serveScheduled({ project });
  await first.server.idle();
  await first.server.close();
  first.time.now += 10 * MINUTE_MS + 30 * SECOND_MS;
  const again = await restarted(first, project);
  await again.server.idle();
  expect(await again.texts()).toHaveLength(2);
  await again.pass(30 * SECOND_MS - 1);
  expect(await again.texts()).toHaveLength(2);
  await again.pass(1);
  expect(await again.texts()).toHaveLength(3);
});

test("a reload removes, adds and changes jobs; unchanged jobs keep their next run", async () => {
  const { project, change } = projectWith(EVERY_MINUTE, every("{ hours: 1 }", "hourly"));
  const { server, texts, pass } = await serveScheduled({ project });
  await server.idle();
  await pass(30 * SECOND_MS);
  change(EVERY_MINUTE.replace('{ text: "minutely" }', '{ text: "renamed" }'), every("{ hours: 1 }", "added"));
  await server.reload();
  await server.idle();
  expect(await texts()).toEqual(["minutely", "hourly", "added"]);
  await pass(30 * SECOND_MS);
  expect((await texts()).slice(3)).toEqual(["renamed"]);

  change(every("{ seconds: 10 }", "minutely"));
  await server.reload();
  await server.idle();
  await pass(10 * SECOND_MS);
  expect((await texts()).slice(4)).toEqual(["minutely"]);
  await pass(3_600 * SECOND_MS);
  expect(await texts()).not.toContain("late");
  expect((await texts()).filter((text) => text === "hourly")).toHaveLength(1);

  change();
  await server.reload();
  const count = (await texts()).length;
  await pass(3_600 * SECOND_MS);
  expect(await texts()).toHaveLength(count);
});

test("a job that fails is logged, leaves no writes, and runs again at its next time", async () => {
  const { project } = projectWith(
    'crons.interval("bad", { minutes: 1 }, jobs.noteThenFail, { text: "lost" });',
  );
  const { server, texts, logged, pass } = await serveScheduled({ project });
  await server.idle();
  await pass(MINUTE_MS);
  expect(await texts()).toEqual([]);
  expect(logged.filter(({ level, path }) => level === "error" && path === "jobs:noteThenFail")).toHaveLength(
    2,
  );
});

test("a job does not overlap with itself, and an interrupted action waits for its next time", async () => {
  const { url, waiting, release } = await openGate();
  const { project } = projectWith(
    `crons.interval("slow", { minutes: 1 }, jobs.fetchThenNote, { url: "${url}", text: "slow" });`,
  );
  const first = await serveScheduled({ project });
  await waiting(1);
  first.time.pass(5 * MINUTE_MS + 30 * SECOND_MS);
  release();
  await first.server.idle();
  expect(await first.texts()).toEqual(["slow open"]);

  first.time.pass(30 * SECOND_MS);
  await waiting(1);
  await first.server.close(1);
  release();
  const again = await serveScheduled({ project, data: first.server.dataDirectory, time: first.time });
  await again.server.idle();
  expect(await again.texts()).toEqual(["slow open"]);
  again.time.pass(MINUTE_MS);
  await waiting(1);
  release();
  await again.server.idle();
  expect(await again.texts()).toEqual(["slow open", "slow open"]);
});

test.each([
  [
    'crons.cron("odd", "0 0 30 2 *", jobs.note, { text: "" });',
    '"odd": The cron spec "0 0 30 2 *" will never match',
  ],
  ['crons.hourly("gone", jobs.nowhere);', '"gone": function jobs:nowhere not found'],
  ['crons.hourly("read", jobs.texts);', '"read": jobs:texts is a query'],
])("%s fails the start", async (call, problem) => {
  const { project } = projectWith(call);
  await expect(serveScheduled({ project })).rejects.toThrow(`convex/crons.ts: ${problem}`);
});

test("crons.ts must export crons", async () => {
  const { project } = projectWith();
  writeFileSync(join(project, "convex/crons.ts"), "export default {};\n");
  await expect(serveScheduled({ project, time: new ManualTime() })).rejects.toThrow(
    "is not what `cronJobs()` returns",
  );
});

test("a reload that is refused for its cron jobs removes no index of the build in service", async () => {
  const { project, change } = projectWith();
  const file = join(project, "convex/schema.ts");
  const schema = (index: string) =>
    `import { defineSchema, defineTable } from "convex/server";
     import { v } from "convex/values";
     export default defineSchema({ notes: defineTable({ text: v.string() })${index} });`;
  writeFileSync(file, schema('.index("by_text", ["text"])'));
  writeFileSync(
    join(project, "convex/indexed.ts"),
    `import { internalQueryGeneric } from "convex/server";
     export const first = internalQueryGeneric(({ db }) => db.query("notes").withIndex("by_text").first());`,
  );
  const { server } = await serveScheduled({ project });
  expect(await server.run("indexed:first", {})).toBeNull();

  writeFileSync(file, schema(""));
  change('crons.hourly("gone", jobs.nowhere);');
  await expect(server.reload()).rejects.toThrow("function jobs:nowhere not found");
  expect(await server.run("indexed:first", {})).toBeNull();
});
