/** Stack traces that name the project's files instead of the bundle. */
import { posix } from "node:path";
import type { SourceMapPayload } from "node:module";
import { SourceMap } from "node:module";
import type { MapStack } from "../exec/realm";
import type { Bundle } from "./bundle";

/**
 * A mapper for the traces of several bundles, as one trace may lead through components. Each source map is parsed when
 * it is first needed.
 */
export function stackMapper(bundles: Iterable<Pick<Bundle, "filename" | "map">>): MapStack {
  const maps = new Map<string, () => SourceMap>();
  for (const { filename, map } of bundles) {
    let parsed: SourceMap | undefined;
    maps.set(
      filename,
      () => (parsed ??= new SourceMap(JSON.parse(new TextDecoder().decode(map)) as SourceMapPayload)),
    );
  }
  const names = [...maps.keys()].map((filename) => filename.replaceAll(".", "\\.")).join("|");
  const position = new RegExp(`(${names}):(\\d+):(\\d+)`, "g");
  const isOurs = (text: string): boolean => text.search(position) !== -1;
  return (text) => {
    if (!isOurs(text)) return text;
    const lines = text.split("\n").filter((line) => !/^\s+at /.test(line) || isOurs(line));
    return lines
      .join("\n")
      .replaceAll(position, (original, filename: string, line: string, column: string) => {
        const entry = maps
          .get(filename)?.()
          .findEntry(Number(line) - 1, Number(column) - 1);
        if (entry === undefined || !("originalSource" in entry)) return original;
        const file = posix.normalize(posix.join("out", entry.originalSource));
        return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
      });
  };
}

/**
 * What evaluating a module threw, with the place in the project where that was, as the bundler names places:
 * `convex/items.ts:3:7: TypeError: …`. What no frame places, the runtime's own refusals for one, stays as it is.
 */
export function withSourcePosition(thrown: unknown, mapStack: MapStack): unknown {
  if (!(thrown instanceof Error)) return new Error(String(thrown));
  if (thrown.stack === undefined) return thrown;
  const mapped = mapStack(thrown.stack);
  if (mapped === thrown.stack) return thrown;
  const places = [...mapped.matchAll(/^[ \t]+at (?:.*\(|async )?([^\s()]+:\d+:\d+)\)?$/gm)].map(
    ([, at = ""]) => at,
  );
  // A library that refuses what it is given is not where the mistake is.
  const [place] = [...places.filter((at) => !/^\.\.\/|(?:^|\/)node_modules\//.test(at)), ...places];
  const { name, message } = thrown;
  if (place === undefined) return thrown;
  const error = new Error(`${place}: ${name}: ${message}`, { cause: thrown });
  // Whoever shows a trace shows that of the module.
  return Object.assign(error, { stack: thrown.stack });
}
