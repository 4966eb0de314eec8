/** Names that nobody reads: a setting with a typo has no effect, and nothing says so. */
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";

/** Letters that may differ between a name and the one that was meant. */
const TYPO = 2;
/** Shorter names are too often somebody else's. */
const LONG = 8;

/** Such as `VITE_CONVEX_SITE_URL`. */
const FOR_FRONTENDS = /^[A-Z_]+_CONVEX_(?:SITE_)?URL$/;

/** Looks for names that are nearly a known one, and in the env file also for unknown ones. */
export function names(settings: Settings, known: ReadonlySet<string>): Finding[] {
  return [...settings.values.keys()].flatMap((name) => {
    // Convex's own: the deployment sets them, its tools read them, or `npx convex dev` writes them for a frontend.
    if (known.has(name) || name.startsWith("CONVEX_") || FOR_FRONTENDS.test(name)) return [];
    const meant = [...known].find((one) => isNearly(name, one) && !settings.values.has(one));
    const where = settings.written.has(name) ? settings.place : "the environment";
    if (meant !== undefined)
      return [problem(`${name} is no setting, so it has no effect`, `Call it ${meant}, in ${where}.`)];
    return settings.written.has(name)
      ? [
          warning(
            `${name} is no setting: no function reads it`,
            `Take it out of ${where} if it is not yours.`,
          ),
        ]
      : [];
  });
}

function isNearly(name: string, known: string): boolean {
  if (name.length < LONG || Math.abs(name.length - known.length) > TYPO) return false;
  return distance(name.toUpperCase(), known) <= TYPO;
}

/** How many letters have to be put in, taken out or replaced (Levenshtein). */
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
