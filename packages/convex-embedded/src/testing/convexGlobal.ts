/** The global `Convex` of a process that runs tests. */
import { executions } from "../exec/execution";
import { convexGlobal } from "../syscalls/convexGlobal";

type ConvexGlobal = typeof convexGlobal;

/** Who answers: each copy of this module (`vi.resetModules()` makes another one), and whoever is not of our kind. */
interface Answering {
  readonly copies: { readonly isRunning: () => boolean; readonly convex: ConvexGlobal }[];
  other: ConvexGlobal;
}

const NAME = "__convexOfTests";

/** What is looked for in `globalThis`. */
interface Realm {
  Convex?: ConvexGlobal;
  [NAME]?: Answering;
}

let installed = false;

/**
 * Makes `convex/server` work in this realm. Whoever else has put a `Convex` there, or does so later, the official mock for
 * instance, goes on answering where no function of an engine of ours runs.
 */
export function installConvexGlobal(): void {
  if (installed) return;
  installed = true;
  const isRunning = (): boolean => executions.getStore() !== undefined;
  answering().copies.unshift({ isRunning, convex: convexGlobal });
}

function answering(): Answering {
  const realm = globalThis as Realm;
  return realm[NAME] ?? install({ copies: [], other: realm.Convex ?? convexGlobal });
}

function install(answering: Answering): Answering {
  const current = (): ConvexGlobal =>
    answering.copies.find(({ isRunning }) => isRunning())?.convex ?? answering.other;
  const dispatching: ConvexGlobal = {
    syscall: (operation, json) => current().syscall(operation, json),
    asyncSyscall: (operation, json) => current().asyncSyscall(operation, json),
    jsSyscall: (operation, args) => current().jsSyscall(operation, args),
  };
  Object.defineProperty(globalThis, NAME, { value: answering });
  Object.defineProperty(globalThis, "Convex", {
    configurable: true,
    enumerable: false,
    get: () => dispatching,
    set: (value: ConvexGlobal) => void (answering.other = value),
  });
  return answering;
}
