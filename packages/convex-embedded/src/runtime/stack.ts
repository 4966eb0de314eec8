/** Maps stack traces from bundles to the project's files. */
import { posix } from "node:path";
import type { SourceMapPayload } from "node:module";
import { SourceMap } from "node:module";
import type { MapStack } from "../exec/realm";
import type { Bundle } from "./bundle";

/**
 * Returns a mapper for several bundles, since one trace can pass through several components. Parses each source map on first
 * use.
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
 * Adds the source position to an error from a module's evaluation, in esbuild's format:
 * `convex/items.ts:3:7: TypeError: …`. Returns an error without a position in the project, such as one of the runtime, unchanged.
 */
export function withSourcePosition(thrown: unknown, mapStack: MapStack): unknown {
  if (!(thrown instanceof Error)) return new Error(String(thrown));
  if (thrown.stack === undefined) return thrown;
  const mapped = mapStack(thrown.stack);
  if (mapped === thrown.stack) return thrown;
  const positions = [...mapped.matchAll(/^[ \t]+at (?:.*\(|async )?([^\s()]+:\d+:\d+)\)?$/gm)].map(
    ([, at = ""]) => at,
  );
  // Prefer a frame of the project to one of a library: the mistake is in the call, not in the library that refuses it.
  const [position] = [...positions.filter((at) => !/^\.\.\/|(?:^|\/)node_modules\//.test(at)), ...positions];
  const { name, message } = thrown;
  if (position === undefined) return thrown;
  const error = new Error(`${position}: ${name}: ${message}`, { cause: thrown });
  // Keep the module's stack trace.
  return Object.assign(error, { stack: thrown.stack });
}
