/** The actions of a project whose `fetch` connects only to public addresses. */
import type { Modules } from "../exec/modules";
import { guardedFetch, type Lookup } from "../web/guardedFetch";

export interface GuardedFunctions {
  /** The actions: `webhooks:send`. Those of components cannot be guarded. */
  readonly functions: readonly string[];
  /** An environment variable. If its value is 1, true or yes, loopback addresses are allowed. */
  readonly allowLoopback: string | null;
}

/**
 * Returns the guarded `fetch` by the path of each action.
 *
 * @throws Error if a name is not an action's: with a wrong name, the action that was meant would not be guarded.
 */
export async function guardedFunctions(
  modules: Modules,
  guarded: GuardedFunctions | null,
  env: ReadonlyMap<string, string>,
  lookup: Lookup | undefined,
): Promise<ReadonlyMap<string, typeof fetch>> {
  if (guarded === null) return new Map();
  const { functions, allowLoopback } = guarded;
  const setting = allowLoopback === null ? undefined : env.get(allowLoopback);
  const guard = guardedFetch({ allowLoopback: /^(1|true|yes)$/i.test(setting ?? ""), lookup });
  const paths = await Promise.all(
    functions.map(async (name) => {
      const fn = await modules.find(name);
      if (fn?.kind !== "action") throw new Error(`guardedFetch: ${name} is not an action`);
      return fn.path;
    }),
  );
  return new Map(paths.map((path) => [path, guard]));
}
