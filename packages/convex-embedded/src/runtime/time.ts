/** The clock of functions. It stands still in queries and mutations. */
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { performanceGlobals } from "./performance";

/** Returns the time outside executions, such as during the import of a module, in milliseconds since 1970. */
type Clock = () => number;

const NativeDate = Date;

/** Returns the `Date`, the `performance` and the classes of its entries of a realm. */
export function timeGlobals(clock: Clock) {
  const now = (): number => {
    const execution: Execution | undefined = executions.getStore();
    if (execution?.frozen !== true) return clock();
    execution.readSet?.addUntracked();
    return execution.now;
  };

  function RealmDate(this: unknown, ...args: unknown[]): unknown {
    // TypeScript's types do not cover a call without `new`.
    const target = new.target as unknown;
    if (target === undefined) return new NativeDate(now()).toString();
    // Fast path for nearly all calls: `Reflect.construct` costs more than the constructor.
    if (target === RealmDate && args.length < 2)
      return new NativeDate(args.length === 0 ? now() : (args[0] as number));
    const given = args.length === 0 ? [now()] : args;
    return Reflect.construct(NativeDate, given, target === RealmDate ? NativeDate : new.target);
  }
  // Dates of the server and of functions share a prototype, so that `instanceof` works for both.
  RealmDate.prototype = NativeDate.prototype;
  Object.defineProperty(RealmDate, "name", { value: "Date" });
  Object.defineProperty(RealmDate, "length", { value: 7 });
  Object.assign(RealmDate, { now, parse: NativeDate.parse, UTC: NativeDate.UTC });

  const timeOrigin = clock();
  return {
    Date: RealmDate as unknown as DateConstructor,
    ...performanceGlobals(() => now() - timeOrigin, timeOrigin),
  };
}
