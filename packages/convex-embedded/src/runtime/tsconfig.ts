/** Which `tsconfig.json` files the bundler reads for the files in some folders. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";

/**
 * Returns the `tsconfig.json` files that apply to folders, with the files that they extend. Returns `null` if they map some of
 * these imports to other files, or in a form that this function does not follow: then the files alone do not tell how an import
 * is resolved.
 *
 * @param folders Absolute paths. @param imports The specifiers of imports, as in the source.
 */
export function tsconfigFiles(folders: readonly string[], imports: ReadonlySet<string>): Set<string> | null {
  const found = new Set<string>();
  const waiting = [...new Set(folders)].flatMap((folder) => nearest(folder) ?? []);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(file, "utf8");
    if (text.includes("\\") || text.includes('"baseUrl"') || mapsAny(text, imports)) return null;
    for (const base of extended(text)) {
      if (!base.startsWith(".")) return null;
      const path = resolve(dirname(file), base);
      const target = [path, `${path}.json`].find((candidate) => existsSync(candidate));
      if (target === undefined) return null;
      waiting.push(target);
    }
  }
  return found;
}

/** Returns the nearest file in a folder or above it. The bundler ignores those of installed packages. */
function nearest(folder: string): string | null {
  if (folder.split(sep).includes("node_modules")) return null;
  for (let at = folder; ; at = dirname(at)) {
    const file = ["tsconfig.json", "jsconfig.json"]
      .map((name) => join(at, name))
      .find((path) => existsSync(path));
    if (file !== undefined) return file;
    if (at === dirname(at)) return null;
  }
}

/**
 * True if a pattern of `paths` may match an import. The text may contain comments and trailing commas, which `JSON.parse` refuses.
 * A search works on such a text. It also finds names of other lists, which do not match an import.
 */
function mapsAny(text: string, imports: ReadonlySet<string>): boolean {
  if (!text.includes('"paths"')) return false;
  return Array.from(text.matchAll(/"([^"]*)"\s*:\s*\[/g), ([, pattern = ""]) => pattern.split("*", 2)).some(
    ([start = "", end]) =>
      [...imports].some((name) =>
        end === undefined ? name === start : name.startsWith(start) && name.endsWith(end),
      ),
  );
}

/** Returns the names after `extends`, a text or a list of texts. */
function extended(text: string): string[] {
  return Array.from(text.matchAll(/"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/g), ([, value = ""]) =>
    Array.from(value.matchAll(/"([^"]*)"/g), ([, name = ""]) => name),
  ).flat();
}
