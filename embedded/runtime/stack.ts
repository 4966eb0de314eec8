/** Stack traces that name the project's files instead of the bundle. */
import { posix } from "node:path";
import type { SourceMapPayload } from "node:module";
import { SourceMap } from "node:module";
import type { Bundle } from "./bundle";

/**
 * Rewrites the positions of a bundle in a text, which may be a stack trace or contain one. Of a trace through functions
 * the frames of this runtime and of Node are left out, as they are on Convex.
 */
export type MapStack = (text: string) => string;

/** A mapper for a bundle's traces. The source map is parsed with the first one. */
export function stackMapper({ filename, map }: Pick<Bundle, "filename" | "map">): MapStack {
  const position = new RegExp(`${filename.replaceAll(".", "\\.")}:(\\d+):(\\d+)`, "g");
  let parsed: SourceMap | undefined;
  return (text) => {
    if (!text.includes(filename)) return text;
    parsed ??= new SourceMap(JSON.parse(new TextDecoder().decode(map)) as SourceMapPayload);
    const source = parsed;
    const lines = text.split("\n").filter((line) => !/^\s+at /.test(line) || line.includes(filename));
    return lines.join("\n").replaceAll(position, (original, line: string, column: string) => {
      const entry = source.findEntry(Number(line) - 1, Number(column) - 1);
      if (!("originalSource" in entry)) return original;
      const file = posix.normalize(posix.join("out", entry.originalSource));
      return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
  };
}
