/** Names that no function reads. A misspelt setting has no effect, and the server reports nothing. */
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";

/** The largest edit distance between a misspelt name and the setting that was meant. */
const MAX_DISTANCE = 2;
/** Shorter names resemble other programs' variables too often. */
const MIN_LENGTH = 8;

/** Names such as `VITE_CONVEX_SITE_URL`. */
const FOR_FRONTENDS = /^[A-Z_]+_CONVEX_(?:SITE_)?URL$/;

/** Finds names that nearly match a setting, and unknown names in the env file. */
export function names(settings: Settings, known: ReadonlySet<string>): Finding[] {
  return [...settings.values.keys()].flatMap((name) => {
    // Convex's own names: the deployment sets them, its tools read them, or `npx convex dev` writes them for a frontend.
    if (known.has(name) || name.startsWith("CONVEX_") || FOR_FRONTENDS.test(name)) return [];
    const meant = [...known].find((one) => isNearly(name, one) && !settings.values.has(one));
    const where = settings.written.has(name) ? settings.place : "the environment";
    if (meant !== undefined)
      return [problem(`${name} is not a setting, so it has no effect`, `Rename it to ${meant} in ${where}.`)];
    return settings.written.has(name)
      ? [
          warning(
            `${name} is not a setting: no function reads it`,
            `Delete it from ${where}, unless your own code reads it.`,
          ),
        ]
      : [];
  });
}

function isNearly(name: string, known: string): boolean {
  if (name.length < MIN_LENGTH || Math.abs(name.length - known.length) > MAX_DISTANCE) return false;
  return distance(name.toUpperCase(), known) <= MAX_DISTANCE;
}

/** Returns the Levenshtein distance: the number of letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
