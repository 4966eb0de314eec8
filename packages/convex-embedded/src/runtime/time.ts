/** The time as functions see it: it stands still in queries and mutations. */
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";

/** What code that runs outside of any execution, such as a module being imported, takes as the time. */
type Clock = () => number;

const NativeDate = Date;

/** `Date` and `performance` of a realm. */
export function timeGlobals(clock: Clock): { Date: DateConstructor; performance: Pick<Performance, "now"> } {
  const now = (): number => {
    const execution: Execution | undefined = executions.getStore();
    if (execution?.frozen !== true) return clock();
    execution.readSet?.addUntracked();
    return execution.now;
  };

  function RealmDate(this: unknown, ...args: unknown[]): unknown {
    // The types know no call without `new`.
    const target = new.target as unknown;
    if (target === undefined) return new NativeDate(now()).toString();
    // Nearly all are made so, and `Reflect.construct` costs more than they do.
    if (target === RealmDate && args.length < 2)
      return new NativeDate(args.length === 0 ? now() : (args[0] as number));
    const given = args.length === 0 ? [now()] : args;
    return Reflect.construct(NativeDate, given, target === RealmDate ? NativeDate : new.target);
  }
  // Dates of the server and of functions are the same class, so that `instanceof` holds for both.
  RealmDate.prototype = NativeDate.prototype;
  Object.defineProperty(RealmDate, "name", { value: "Date" });
  Object.defineProperty(RealmDate, "length", { value: 7 });
  Object.assign(RealmDate, { now, parse: NativeDate.parse, UTC: NativeDate.UTC });

  const timeOrigin = clock();
  const performance = {
    timeOrigin,
    now: () => now() - timeOrigin,
    toJSON: () => ({ timeOrigin }),
  };
  return { Date: RealmDate as unknown as DateConstructor, performance };
}
