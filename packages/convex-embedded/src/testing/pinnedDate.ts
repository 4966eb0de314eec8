/** The `Date` class that queries and mutations see. */
import type { Execution } from "../exec/execution";

interface Pinned {
  readonly base: DateConstructor;
  readonly date: DateConstructor;
}

const made = new WeakMap<Execution, Pinned>();

/** Returns a `Date` class whose current time is the execution's. @param base the test's `Date`, which may be faked. */
export function pinnedDate(execution: Execution, base: DateConstructor): DateConstructor {
  let pinned = made.get(execution);
  if (pinned?.base !== base) {
    pinned = { base, date: pin(base, execution.now) };
    made.set(execution, pinned);
  }
  return pinned.date;
}

function pin(base: DateConstructor, time: number): DateConstructor {
  const now = (): number => time;
  const date: DateConstructor = new Proxy(base, {
    apply: () => new base(time).toString(),
    construct: (target, args: unknown[], newTarget) =>
      // Keeps `new.target`, so that a subclass of `Date` in a function works.
      Reflect.construct(
        target,
        args.length === 0 ? [time] : args,
        newTarget === date ? target : newTarget,
      ) as Date,
    get: (target, property, receiver) =>
      property === "now" ? now : (Reflect.get(target, property, receiver) as unknown),
  });
  return date;
}
