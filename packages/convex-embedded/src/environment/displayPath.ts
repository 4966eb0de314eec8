import { isAbsolute, relative } from "node:path";

/** A path as people read it: relative where it lies below the current directory. @param path absolute. */
export function displayPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === "" || /^\.\.(?:[\\/]|$)/.test(below) || isAbsolute(below) ? path : below;
}
