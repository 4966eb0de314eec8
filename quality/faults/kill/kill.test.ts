/** SIGKILL at random moments, while requests of every kind are in flight. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, inject, onTestFailed, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { caller } from "../client";
import { randomOf } from "../../../packages/convex-embedded/fixtures/random";
import { directUploads, uploads } from "./files";
import { changedItems, createdItems, keyedItems } from "./items";
import { jobs } from "./jobs";
import type { Workload, Turn } from "./workload";
import { webhooks } from "./webhooks";
import { temporaryDirectory } from "../../lib/testServer";
import { launchServer, startServer } from "../server";

const { rounds, seed } = inject("scale");
/** The server is killed after at most this many pieces of work. Counts, unlike times, mean the same on a loaded machine. */
const MAX_PIECES = 300;
/** Milliseconds from the last counted piece to the kill, at most. Spreads the kills over the stages of a request. */
const MAX_DELAY_MS = 20;
/** Milliseconds to read answers that the server sent before the kill. */
const READ_MS = 300;

/** True when every workload has been acknowledged so often that a loss would be visible. */
const enough = (workloads: readonly Workload[]): boolean =>
  workloads.every((workload) => workload.acknowledged() > rounds);

/**
 * Works until the server is killed.
 *
 * @param acknowledge called after each piece of work. @param killed aborted after the kill.
 */
async function flood(
  workloads: readonly Workload[],
  turn: Turn,
  acknowledge: () => void,
  killed: AbortSignal,
): Promise<void> {
  const workers = workloads.flatMap((workload) =>
    Array.from({ length: workload.workers }, async (_, worker) => {
      try {
        for (;;) {
          await workload.work(turn, worker);
          acknowledge();
        }
      } catch (error) {
        // `fetch` rejects with a TypeError when a connection is refused or reset.
        if (!(error instanceof TypeError) && !killed.aborted) throw error;
      }
    }),
  );
  await Promise.all(workers);
}

/** Resolves when `count` calls of `acknowledge` have been made. */
function countdown(count: number): { acknowledge: () => void; reached: Promise<void> } {
  let left = count;
  let done = () => {};
  const reached = new Promise<void>((resolve) => (done = resolve));
  if (left === 0) done();
  return {
    reached,
    acknowledge() {
      left--;
      if (left === 0) done();
    },
  };
}

/** Resolves when all webhooks have been processed. */
async function processed({ call }: Turn): Promise<void> {
  while ((await call("GET", "/api/webhook-events?status=pending")).text !== "[]") await pause(100);
}

test(
  `after ${rounds} kills at random moments, every acknowledged effect is present once`,
  // Only ends a run that hangs: a round takes seconds, on a busy machine a quarter of a minute.
  { timeout: 600_000 + rounds * 60_000 },
  async () => {
    const data = join(temporaryDirectory(), "data");
    const random = randomOf(seed);
    const jobWork = jobs();
    const workloads = [
      createdItems(),
      keyedItems(),
      changedItems(),
      uploads(),
      directUploads(),
      webhooks(),
      jobWork,
    ];
    let key: string | undefined;
    let killedAtStart = 0;
    let kills = 0;
    for (let round = 0; ; round++) {
      if (key !== undefined && random() < 0.1) {
        // A start in the data of the last kill, which is killed before or soon after it is ready.
        const starting = launchServer({ data });
        await pause(random() * 1_000);
        await starting.kill();
        killedAtStart++;
      }
      const server = await startServer({ data });
      key ??= server.key;
      onTestFailed(() => console.log(server.lines.filter((line) => line.includes('"error"')).join("\n")));
      const turn = { call: caller(server.url, key), random };
      for (const workload of workloads)
        expect(await workload.retry(turn), `${workload.name}, round ${round}`).toEqual([]);
      if (round >= rounds && enough(workloads)) {
        await processed(turn);
        for (const workload of workloads) expect(await workload.missing(turn), workload.name).toEqual([]);
        expect(await server.stop()).toEqual({ code: 0, signal: null });
        break;
      }
      const killed = new AbortController();
      const { acknowledge, reached } = countdown(Math.floor(random() * MAX_PIECES));
      const delay = random() * MAX_DELAY_MS;
      const flooding = flood(
        workloads,
        { call: caller(server.url, key, killed.signal), random },
        acknowledge,
        killed.signal,
      );
      // A failing workload ends the test here, even if the count is never reached.
      await Promise.race([reached, flooding]);
      await pause(delay);
      await server.kill();
      await pause(READ_MS);
      killed.abort();
      await flooding;
      kills++;
      // A stack trace in the output is a fault.
      expect(server.lines.filter((line) => /^\s+at /.test(line))).toEqual([]);
    }
    const found = inspect(data);
    expect([found.problems, found.orphans]).toEqual([[], []]);
    for (const workload of workloads) expect(workload.duplicates(found), workload.name).toEqual([]);
    for (const workload of workloads) {
      console.log(
        `${workload.name.padEnd(16)}${String(workload.acknowledged()).padStart(7)} acknowledged, 0 missing, 0 duplicates`,
      );
    }
    console.log(
      `${kills} kills under load, ${killedAtStart} during a start; ${jobWork.interrupted()} jobs were interrupted`,
    );
  },
);
