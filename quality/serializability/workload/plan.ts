/** Random steps of mutations, and the operations that they performed. */
import type { Random } from "../../../packages/convex-embedded/fixtures/random";
import { below } from "../../../packages/convex-embedded/fixtures/random";
import type { Operation } from "../check/history";
import type { Result, Step } from "../project/convex/transactions";
import type { KeyPool } from "./keyPool";

const MAX_STEPS = 4;

/** Returns the steps of a mutation. @param nested true for the steps of a nested or scheduled mutation, which nest no further. */
export function planOf(random: Random, keys: KeyPool, nested = false): Step[] {
  return Array.from({ length: 1 + below(random, nested ? 2 : MAX_STEPS) }, () => {
    const choice = random();
    if (choice < 0.5) return append(random, keys);
    if (choice < 0.78 || nested) return { do: "read", key: keys.pick(random) };
    if (choice < 0.9) return attempt(random, keys);
    if (choice < 0.95) return { do: "together", calls: [[append(random, keys)], [append(random, keys)]] };
    return schedule(random, keys);
  });
}

function append(random: Random, keys: KeyPool): Step {
  return { do: "append", ...keys.next(random) };
}

function attempt(random: Random, keys: KeyPool): Step {
  const steps = [append(random, keys), ...planOf(random, keys, true)];
  // The scheduled function of a failed call must not run.
  if (random() < 0.3) steps.push(schedule(random, keys));
  return { do: "attempt", steps, fails: random() < 0.6 };
}

function schedule(random: Random, keys: KeyPool): Step {
  return { do: "schedule", steps: [append(random, keys), append(random, keys)] };
}

/** The effects of the steps of a mutation that committed, or would have. */
export interface Effects {
  readonly operations: Operation[];
  /** The appends of nested calls that failed, and of functions that they scheduled. They must leave no trace. */
  readonly undone: Operation[][];
  /** The appends of scheduled functions, each a transaction of its own. */
  readonly scheduled: Operation[][];
}

/** @param results of the steps; null if they are unknown, which leaves out the reads. */
export function effectsOf(steps: readonly Step[], results: readonly Result[] | null): Effects {
  const effects: Effects = { operations: [], undone: [], scheduled: [] };
  for (const [i, step] of steps.entries()) addEffects(effects, step, results?.[i] ?? null);
  return effects;
}

function addEffects(effects: Effects, step: Step, result: Result): void {
  switch (step.do) {
    case "append":
      effects.operations.push({ do: "append", key: step.key, value: step.value });
      return;
    case "read":
      // Safe: the result of a read is a list of numbers.
      if (result !== null)
        effects.operations.push({ do: "read", key: step.key, values: result as readonly number[] });
      return;
    case "schedule":
      effects.scheduled.push(effectsOf(step.steps, null).operations);
      return;
    case "together":
      for (const [i, steps] of step.calls.entries()) {
        addAll(effects, effectsOf(steps, nested(result)?.[i] as readonly Result[] | null));
      }
      return;
    case "attempt": {
      const inner = effectsOf(step.steps, step.fails ? null : nested(result));
      if (step.fails) effects.undone.push(inner.operations, ...inner.scheduled, ...inner.undone);
      else addAll(effects, inner);
    }
  }
}

/** Safe: the result of steps is a list of their results. */
const nested = (result: Result): readonly Result[] | null => result as readonly Result[] | null;

function addAll(effects: Effects, inner: Effects): void {
  effects.operations.push(...inner.operations);
  effects.undone.push(...inner.undone);
  effects.scheduled.push(...inner.scheduled);
}
