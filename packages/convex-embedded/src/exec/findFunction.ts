/** From where a function is to the function. */
import type { FunctionKind, LoadedFunction } from "./loadedFunction";
import type { FunctionLocation } from "./functionAddress";
import { notFoundMessage } from "./functionAddress";
import { SyscallError } from "./errors";
import type { Engine } from "./engine";

/** @throws SyscallError if there is no such function; what its module throws when it is evaluated. */
export async function findFunction(engine: Engine, place: FunctionLocation): Promise<LoadedFunction> {
  const fn =
    findLoaded(engine, place) ?? (await engine.components.get(place.component)?.modules.find(place.name));
  if (fn != null && isExported(fn, place)) return fn;
  throw new SyscallError(notFoundMessage(engine, place));
}

/** The function if it was found before, which is found again at once. */
export function findLoaded(engine: Engine, place: FunctionLocation): LoadedFunction | undefined {
  const fn = engine.components.get(place.component)?.modules.loaded(place.name);
  return fn && isExported(fn, place) ? fn : undefined;
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
