import { isAbsolute, relative } from "node:path";

/** Formats a path for messages: relative if it is below the current directory. @param path An absolute path. */
export function displayPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === "" || /^\.\.(?:[\\/]|$)/.test(below) || isAbsolute(below) ? path : below;
}
