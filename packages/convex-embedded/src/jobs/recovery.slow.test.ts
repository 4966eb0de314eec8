import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { endsWithTest } from "../../fixtures/child";
import { ManualTime } from "../../fixtures/manualTime";
import { below, randomOf, SEED } from "../../fixtures/random";
import { copyOf, temporaryDirectory } from "../../fixtures/serve";
import type { Job } from "./jobs";
import { openGate } from "../../fixtures/gate";
import { SCHEDULED, serveScheduled } from "./schedulerForTests";

const ROUNDS = 4;
const CHILD = join(import.meta.dirname, "scheduler.child.ts");
const RUN = join(import.meta.dirname, "../../../../scripts/run.mjs");

/** Returns the jobs that a process acknowledged before it was killed. @param enough the number of acknowledgements before the kill. */
async function killed(data: string, round: number, enough: number): Promise<string[]> {
  const args = [RUN, CHILD, SCHEDULED, data, String(round)];
  const child = endsWithTest(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
  const gone = once(child, "exit");
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // A line that the kill truncated does not count as an acknowledgement.
    if (/^(note|act) \d+\.\d+\.\d+$/.test(line)) acknowledged.push(line);
    if (acknowledged.length >= enough) child.kill("SIGKILL");
  }
  await gone;
  return acknowledged;
}

test("after kill -9 every mutation runs exactly once, and every action at most once", async () => {
  const random = randomOf(SEED);
  const data = temporaryDirectory();
  const acknowledged = new Set<string>();
  const time = new ManualTime(Date.now());
  for (let round = 0; round < ROUNDS; round++) {
    for (const text of await killed(data, round, 50 + below(random, 200))) acknowledged.add(text);
    const { server, texts, pass } = await serveScheduled({ data, time });
    time.now = Date.now();
    await pass(120_000);

    const written = new Map<string, number>();
    for (const text of await texts()) written.set(text, (written.get(text) ?? 0) + 1);
    expect([...written.values()].filter((times) => times !== 1)).toEqual([]);
    const jobs = (await server.run("jobs:all", {})) as Job[];
    const states = new Map(jobs.map(({ args, state }) => [(args[0] as { text: string }).text, state]));
    for (const text of acknowledged) {
      const state = states.get(text);
      // Only an action that was running at the kill may have failed.
      if (state?.kind === "failed") {
        expect([text.slice(0, 3), state.error]).toEqual(["act", "Transient error while executing action"]);
      } else {
        expect([text, state?.kind, written.get(text)]).toEqual([text, "success", 1]);
      }
    }
    await server.close();
  }
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 50 - 1);
});

test("a copy of a running server's data has the waiting jobs and an interrupted action", async () => {
  const data = temporaryDirectory();
  const { server, time, schedule } = await serveScheduled({ data });
  const gate = await openGate();
  const cut = await schedule("fetchThenNote", { url: gate.url, text: "never" });
  const waiting = await schedule("note", { text: "waited" }, 1_000);
  await gate.waiting(1);
  const copy = temporaryDirectory();
  for (const file of ["data.sqlite", "data.sqlite-wal"]) cpSync(join(data, file), join(copy, file));

  const again = await serveScheduled({ data: copy, time: new ManualTime(time.now) });
  expect(await again.job(cut)).toMatchObject({
    state: { kind: "failed", error: "Transient error while executing action" },
    completedTime: time.now,
  });
  await again.pass(1_000);
  expect((await again.job(waiting))?.state.kind).toBe("success");
  expect(await again.texts()).toEqual(["waited"]);
  await server.close(0);
});

test("a reload keeps scheduled jobs and runs them with the new build; a job of a removed function fails", async () => {
  const project = copyOf(SCHEDULED);
  const file = join(project, "convex/extra.ts");
  const module = (text: string) =>
    `import { internalMutation } from "./functions.lib";\n` +
    `export const kept = internalMutation({ args: {}, handler: (ctx) => ctx.db.insert("notes", { text: "${text}" }) });\n`;
  writeFileSync(file, `${module("old build")}export const gone = kept;\n`);
  const { server, job, texts, pass } = await serveScheduled({ project });
  const schedule = async (name: string) =>
    (await server.run("jobs:schedule", { name, args: {}, delay: 1_000 })) as string;
  const kept = await schedule("extra:kept");
  const gone = await schedule("extra:gone");
  writeFileSync(file, module("new build"));
  await server.reload();
  await pass(1_000);
  expect(await texts()).toEqual(["new build"]);
  expect((await job(kept))?.state).toEqual({ kind: "success" });
  expect((await job(gone))?.state).toMatchObject({
    kind: "failed",
    error: expect.stringContaining("Could not find function for 'extra:gone'") as string,
  });
});
