/** Loads jose with the first token, because its many files take a tenth of a start. */
import type * as Jose from "jose";

/** The functions of jose. Call `loadJose` first. */
export let jose: typeof Jose;

let loading: Promise<typeof Jose> | undefined;

export async function loadJose(): Promise<void> {
  jose = await (loading ??= import("jose"));
}
