import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { bundled, Child } from "../../fixtures/child";
import { inspect } from "../../fixtures/inspect";
import { CRASH, Load } from "../../fixtures/load";
import { below, randomOf, SEED } from "../../fixtures/random";
import { temporaryDirectory } from "../../fixtures/serve";

const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 30);

test(
  `after ${ROUNDS} SIGKILLs at random moments no acknowledged write is missing, incomplete or duplicated`,
  { timeout: 30_000 + ROUNDS * 30_000 },
  async () => {
    const program = await bundled(join(import.meta.dirname, "hardKill.child.ts"));
    const data = temporaryDirectory();
    const marker = join(temporaryDirectory(), "marker");
    const random = randomOf(SEED);
    const load = new Load();
    let withinCommit = 0;
    let kills = 0;
    const never = new AbortController().signal;
    for (;;) {
      const server = new Child(process.execPath, [program, CRASH, data, marker]);
      const url = await server.line();
      if (kills > 0) {
        // By then interrupted work is complete, and orphaned bytes are deleted.
        await server.ask("idle");
        expect(load.problems(data, load.mark(), { settled: true })).toEqual([]);
        expect(inspect(data).orphans).toEqual([]);
        load.resume(data);
      }
      // About every fifth kill hits a commit. If none did, run more rounds.
      const enough = withinCommit > 0 && load.acknowledged > ROUNDS * 5;
      if (kills >= ROUNDS * 2 || (kills >= ROUNDS && enough)) {
        await server.kill();
        break;
      }
      // Wait for a number of acknowledgements, however slow the machine is. The server's state at the kill is then random.
      let left = 1 + below(random, 30);
      const moment = below(random, 30);
      let killed: Promise<void> | undefined;
      await load.run(url, never, () => {
        if (--left === 0) killed = pause(moment).then(() => server.kill());
      });
      await killed;
      kills++;
      if (readFileSync(marker, "latin1") === "C") withinCommit++;
    }
    const { documents, files } = inspect(data);
    const jobs = documents("_scheduled_functions");
    const cut = jobs.filter(({ state }) => (state as { kind: string }).kind === "failed");
    console.log(
      `${kills} kills, ${withinCommit} within a commit; ${load.acknowledged} acknowledged, 0 missing; ` +
        `${files.size} files, ${jobs.length} scheduled functions, ${cut.length} of them interrupted actions`,
    );
    expect(load.acknowledged).toBeGreaterThan(ROUNDS * 5);
    expect(withinCommit).toBeGreaterThan(0);
  },
);
