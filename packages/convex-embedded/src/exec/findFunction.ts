/** Finds a function by its location. */
import type { FunctionKind, LoadedFunction } from "./loadedFunction";
import type { FunctionLocation } from "./functionAddress";
import { notFoundMessage } from "./functionAddress";
import { SyscallError } from "./errors";
import type { Engine } from "./engine";

/** @throws SyscallError if the function does not exist, or the error that its module throws during evaluation. */
export async function findFunction(engine: Engine, location: FunctionLocation): Promise<LoadedFunction> {
  const fn =
    findLoaded(engine, location) ??
    (await engine.components.get(location.component)?.modules.find(location.name));
  if (fn != null && isExported(fn, location)) return fn;
  throw new SyscallError(notFoundMessage(engine, location));
}

/** Returns the function synchronously if `findFunction` has found it before. */
export function findLoaded(engine: Engine, location: FunctionLocation): LoadedFunction | undefined {
  const fn = engine.components.get(location.component)?.modules.loaded(location.name);
  return fn && isExported(fn, location) ? fn : undefined;
}

function isExported(fn: LoadedFunction, { exported = false }: FunctionLocation): boolean {
  return fn.visibility === "public" || !exported;
}

export function checkKind({ path, kind }: LoadedFunction, call: { readonly kind: FunctionKind }): void {
  if (kind === call.kind) return;
  throw new SyscallError(
    `Trying to execute ${path} as ${capital(call.kind)}, but it is defined as ${capital(kind)}.`,
  );
}

function capital(kind: FunctionKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
