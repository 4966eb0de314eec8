/** Measures vector searches, without HTTP. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DATABASE_FILE } from "../../../packages/convex-embedded/src/store/directory";
import { openReadConnection } from "../../../packages/convex-embedded/src/store/layout";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { atMost } from "../lib/figures";
import { median } from "../lib/statistics";
import type { Plan } from "./traffic";

const VECTORS = 10_000;
/** Searches of each kind in one round. */
const SEARCHES = 10;
const OWNERS = 100;
const POLL_MS = 100;

/** Resolves when the database of a running server has all vectors as float32. */
async function stored(data: string): Promise<void> {
  const db = openReadConnection(join(data, DATABASE_FILE), 1000);
  try {
    const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'vector_cache'");
    const count = () => db.prepare<[], number>("SELECT count(*) FROM vector_cache").pluck().get() ?? 0;
    while (exists.get() === undefined || count() < VECTORS) await wait(POLL_MS);
  } finally {
    db.close();
  }
}

export async function measureVectors({ root, directory, rounds, say }: Plan): Promise<Figure[]> {
  const size = `${VECTORS.toLocaleString("en")} vectors of 1,536 dimensions`;
  say(`vector searches: ${size}`);
  const args = [join(root, "quality/bench/embedded/project"), join(directory, "vectors")];
  const start = (): Promise<Child> => Child.start(root, "quality/bench/embedded/embedded.child.ts", args);
  let child = await start();
  const search = (number: number, owner: string | null): Promise<number> =>
    child.ask<number>("searchVectors", { number, owner });
  try {
    await child.ask("fillVectors", { count: VECTORS });
    const parsed = await search(0, null);
    // A later start reads the vectors that are stored after the first search.
    await stored(join(directory, "vectors"));
    await child.stop();
    child = await start();
    const first = await search(0, null);
    const all: number[] = [];
    const filtered: number[] = [];
    for (let round = -1; round < rounds; round++) {
      for (let i = 0; i < SEARCHES; i++) {
        const number = ((round + 1) * SEARCHES + i) * 7;
        const [one, other] = [await search(number, null), await search(number, `owner ${number % OWNERS}`)];
        if (round < 0) continue;
        all.push(one);
        filtered.push(other);
      }
    }
    return [
      { name: `search of ${size}`, value: median(all), unit: "ms", goal: atMost(50) },
      { name: `search of ${size}, one owner of 100`, value: median(filtered), unit: "ms" },
      { name: `first search of ${size} after their insertion`, value: parsed, unit: "ms" },
      { name: `first search of ${size} after a start`, value: first, unit: "ms" },
    ];
  } finally {
    await child.stop();
  }
}
