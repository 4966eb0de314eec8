/** SIGKILL at any moment, with everything in flight that the API does. */
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
/** Long enough for everything to be in flight, and to have ended in many places. */
const MOST_MS = 800;
const READ_MS = 300;

/** Until everything has been acknowledged so often that a loss would show; on a slow machine that takes more rounds. */
const enough = (workloads: readonly Workload[]): boolean =>
  workloads.every((workload) => workload.acknowledged() > rounds);

/** Works until the server is gone. */
async function flood(workloads: readonly Workload[], turn: Turn, gone: AbortSignal): Promise<void> {
  const workers = workloads.flatMap((workload) =>
    Array.from({ length: workload.workers }, async (_, worker) => {
      try {
        for (;;) await workload.work(turn, worker);
      } catch (error) {
        // So `fetch` says that a connection was refused or cut.
        if (!(error instanceof TypeError) && !gone.aborted) throw error;
      }
    }),
  );
  await Promise.all(workers);
}

/** Resolves when no webhook and no job waits for work that is still to be done. */
async function settled({ call }: Turn): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { text } = await call("GET", "/api/webhook-events?status=pending");
    if (text === "[]") return;
    await pause(100);
  }
}

test(
  `${rounds} kills at random moments: nothing acknowledged is missing, nothing is done twice`,
  { timeout: 120_000 + rounds * 15_000 },
  async () => {
    const data = join(temporaryDirectory(), "data");
    const random = randomOf(seed);
    const work = jobs();
    const workloads = [
      createdItems(),
      keyedItems(),
      changedItems(),
      uploads(),
      directUploads(),
      webhooks(),
      work,
    ];
    let key: string | undefined;
    let killedAtStart = 0;
    let kills = 0;
    for (let round = 0; ; round++) {
      if (key !== undefined && random() < 0.1) {
        // A start that does not get to its end, in what the last kill has left.
        const half = launchServer({ data });
        await pause(random() * 1_000);
        await half.kill();
        killedAtStart++;
      }
      const server = await startServer({ data });
      key ??= server.key;
      onTestFailed(() => console.log(server.lines.filter((line) => line.includes('"error"')).join("\n")));
      const turn = { call: caller(server.url, key), random };
      for (const workload of workloads)
        expect(await workload.again(turn), `${workload.name}, round ${round}`).toEqual([]);
      if (round >= rounds && enough(workloads)) {
        await settled(turn);
        for (const workload of workloads) expect(await workload.missing(turn), workload.name).toEqual([]);
        expect(await server.stop()).toEqual({ code: 0, signal: null });
        break;
      }
      const gone = new AbortController();
      const killed = pause(20 + random() * MOST_MS)
        .then(() => server.kill())
        // What had been answered is read.
        .then(() => pause(READ_MS))
        .then(() => gone.abort());
      await flood(workloads, { call: caller(server.url, key, gone.signal), random }, gone.signal);
      await killed;
      kills++;
      // A trace on stderr would be a fault of its own.
      expect(server.lines.filter((line) => /^\s+at /.test(line))).toEqual([]);
    }
    const found = inspect(data);
    expect([found.problems, found.orphans]).toEqual([[], []]);
    for (const workload of workloads) expect(workload.twice(found), workload.name).toEqual([]);
    for (const workload of workloads) {
      console.log(
        `${workload.name.padEnd(16)}${String(workload.acknowledged()).padStart(7)} acknowledged, 0 missing, 0 twice`,
      );
    }
    console.log(
      `${kills} kills under load, ${killedAtStart} during a start; ${work.cut()} jobs were cut off`,
    );
  },
);
