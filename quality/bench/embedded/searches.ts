/** Measures text searches, and what a search index costs an insert, without HTTP. */
import { join } from "node:path";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { atMost } from "../lib/figures";
import { median, medianRatio } from "../lib/statistics";
import type { Plan } from "./traffic";

/** Searches of each kind in one round. No search is repeated, because the query cache would answer it. */
const SEARCHES = 10;
const FOUND = 20;
/** Inserts of one turn. */
const INSERTS = 4_000;
const OWNERS = 100;

interface Search {
  readonly text: string;
  readonly owner: string | null;
  readonly expected: number;
}

/** @param texts The number of texts to search. */
export async function measureSearches(
  { root, directory, rounds, say }: Plan,
  texts: number,
): Promise<Figure[]> {
  const size = texts.toLocaleString("en");
  say(`text searches: ${size} texts`);
  const args = [join(root, "quality/bench/embedded/project"), join(directory, "searches")];
  const child = await Child.start(root, "quality/bench/embedded/embedded.child.ts", args);
  try {
    const fill = { table: "texts", from: 0, count: texts };
    await child.ask("fillTexts", fill, (progress) => say(`text searches: ${progress} so far`));
    let next = 0;
    const kinds: Readonly<Record<string, () => Search>> = {
      "a rare word": () => ({ text: `rare${(next++ * 97) % texts}x`, owner: null, expected: 1 }),
      "a word of all texts": () => ({ text: `frequent none${next++}`, owner: null, expected: FOUND }),
      "a word of all texts, one owner of 100": () => ({
        text: `frequent none${next}`,
        owner: `owner ${next++ % OWNERS}`,
        expected: FOUND,
      }),
    };
    const times: Record<string, number[]> = {};
    const indexed: number[] = [];
    const plain: number[] = [];
    for (let round = -3; round < rounds; round++) {
      for (const [name, search] of Object.entries(kinds)) {
        for (let i = 0; i < SEARCHES; i++) {
          const ms = await child.ask<number>("search", { ...search() });
          if (round >= 0) (times[name] ??= []).push(ms);
        }
      }
      const from = texts + (round + 3) * INSERTS;
      const one = await child.ask<number>("fillTexts", { table: "texts", from, count: INSERTS });
      const other = await child.ask<number>("fillTexts", { table: "plainTexts", from, count: INSERTS });
      if (round < 0) continue;
      indexed.push(one);
      plain.push(other);
    }
    const searches = Object.entries(times).map(([name, ms]): Figure => {
      const figure: Figure = { name: `search for ${name}, ${size} texts`, value: median(ms), unit: "ms" };
      return name === "a rare word" ? { ...figure, goal: atMost(20) } : figure;
    });
    const inserts = "time of 2,000 inserts in one mutation: with a search index of ten words / without";
    return [...searches, { name: inserts, value: medianRatio(indexed, plain), unit: "×" }];
  } finally {
    await child.stop();
  }
}
