/** Compares lookups by an index with the official mock, without HTTP. */
import { join } from "node:path";
import { median, medianRatio } from "../lib/statistics";
import { Child } from "../lib/children";
import type { Figure } from "../lib/figures";
import { atLeast } from "../lib/figures";
import type { Plan } from "./traffic";

const DOCUMENTS = 10_000;
/** Lookups in one query. The mock does few, because each takes milliseconds. */
const OWN_LOOK_UPS = 500;
const MOCK_LOOK_UPS = 4;

export async function measureLookUps({ root, directory, rounds, say }: Plan): Promise<Figure[]> {
  say(`lookups by an index: ${DOCUMENTS.toLocaleString("en")} documents`);
  const mock = await Child.start(root, "quality/bench/embedded/mock.child.ts");
  const args = [join(root, "quality/bench/embedded/project"), join(directory, "lookups")];
  const own = await Child.start(root, "quality/bench/embedded/embedded.child.ts", args);
  try {
    await mock.ask("fill", { count: DOCUMENTS });
    await own.ask("fill", { count: DOCUMENTS, keep: 0 });
    const mockMs: number[] = [];
    const ownMs: number[] = [];
    for (let round = -3; round < rounds; round++) {
      const one = (await mock.ask<number>("lookUp", { names: names(MOCK_LOOK_UPS) })) / MOCK_LOOK_UPS;
      const two = (await own.ask<number>("lookUp", { names: names(OWN_LOOK_UPS) })) / OWN_LOOK_UPS;
      if (round < 0) continue;
      mockMs.push(one);
      ownMs.push(two);
    }
    return [
      {
        name: "lookup by index: convex-test / embedded",
        value: medianRatio(mockMs, ownMs),
        unit: "×",
        goal: atLeast(50),
      },
      { name: "lookups by index in one query", value: 1_000 / median(ownMs), unit: "/s" },
      { name: "lookups by index in one query: convex-test", value: 1_000 / median(mockMs), unit: "/s" },
    ];
  } finally {
    await Promise.all([mock.stop(), own.stop()]);
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, () => `item ${Math.floor(Math.random() * DOCUMENTS)}`);
}
