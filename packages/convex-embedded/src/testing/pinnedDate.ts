/** `Date` as a query or mutation sees it. */
import type { Execution } from "../exec/execution";

interface Pinned {
  readonly base: DateConstructor;
  readonly date: DateConstructor;
}

const made = new WeakMap<Execution, Pinned>();

/** The same class, but for the time that it takes as now. @param base the test's, which may be a fake. */
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
      // A class of the function's own that extends it stays what it is.
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
