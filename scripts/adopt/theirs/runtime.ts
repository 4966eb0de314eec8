/** The settings of the embedded runtime, in `convex-embedded.json`. */
import { objectIn, withMembers } from "./json";

type Settings = {
  readonly firstStart: { readonly run: string };
  readonly pages: Readonly<Record<string, string>>;
  readonly guardedFetch: { readonly functions: readonly string[] };
  readonly metrics: { readonly query: string };
};

/**
 * Returns the file with the settings of the API. Settings of the app stay, and its guarded actions get those of the API beside them.
 *
 * @param ours the text of this project's file.
 */
export function withRuntimeConfig(text: string | undefined, ours: string, folder: string): string {
  const { firstStart, pages, guardedFetch, metrics } = objectIn("convex-embedded.json", ours) as Settings;
  const known = text === undefined ? {} : (objectIn("convex-embedded.json", text) as Partial<Settings>);
  const inFolder = (name: string) => `${folder}/${name}`;
  const guarded = new Set([
    ...(known.guardedFetch?.functions ?? []),
    ...guardedFetch.functions.map(inFolder),
  ]);
  const members: Record<string, unknown> = {
    ...(known.firstStart ? {} : { firstStart: { ...firstStart, run: inFolder(firstStart.run) } }),
    ...(known.pages ? {} : { pages }),
    guardedFetch: { ...guardedFetch, ...known.guardedFetch, functions: [...guarded] },
    ...(known.metrics ? {} : { metrics: { query: inFolder(metrics.query) } }),
  };
  return withMembers(text ?? "{}\n", [], members);
}
