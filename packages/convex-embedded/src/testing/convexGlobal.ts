/** The global `Convex` in a test process. */
import { executions } from "../exec/execution";
import { convexGlobal } from "../syscalls/convexGlobal";

type ConvexGlobal = typeof convexGlobal;

/** The handlers of the global: each copy of this module (`vi.resetModules()` creates another one), and foreign code. */
interface Answering {
  readonly copies: { readonly isRunning: () => boolean; readonly convex: ConvexGlobal }[];
  other: ConvexGlobal;
}

const NAME = "__convexOfTests";

/** The part of `globalThis` that is used here. */
interface Realm {
  Convex?: ConvexGlobal;
  [NAME]?: Answering;
}

let installed = false;

/**
 * Installs the global `Convex` that `convex/server` calls. Another `Convex`, installed earlier or later, for example by the official
 * mock, keeps handling calls outside functions of the embedded engine.
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
