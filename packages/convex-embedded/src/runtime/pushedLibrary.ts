/**
 * Finds the copy of `convex` in pushed code.
 *
 * Contexts and error classes must come from the copy that the functions import (see `exec/context/library.ts`), or
 * `error instanceof ConvexError` would be false in a function. The bundler of Convex's command line shortens the names of that
 * copy, and restores them at run time: `define(value, "name", { value: "ConvexError", configurable: true })`. So pushed code
 * calls a function of this file instead of `Object.defineProperty` there.
 */
import type { ConvexLibrary } from "../exec/context/library";
import { LIBRARY_NAMES } from "../exec/context/library";

/** Has the length of `Object.defineProperty`, so that positions in source maps stay correct. */
export const NAMING_FUNCTION = "__definePropertyNamed";

/** The call in esbuild's helper for `keepNames`. Captures the variable that holds `Object.defineProperty`. */
const HELPER = /(?<![\w$])([\w$]+)\([\w$]+, ?"name", ?\{ ?value: ?[\w$]+, ?configurable: ?(?:!0|true) ?\}\)/;

/** Makes a pushed module report the names that its bundler restores. Returns other modules unchanged. */
export function withReportedNames(source: string): string {
  const define = HELPER.exec(source)?.[1];
  if (define === undefined) return source;
  const assigned = new RegExp(
    `(?<![\\w$])${define.replaceAll("$", "\\$")} ?= ?Object\\.defineProperty(?![\\w$])`,
  );
  return source.replace(assigned, (text) => text.replace("Object.defineProperty", NAMING_FUNCTION));
}

/** Collects the exports of `convex` that a realm's code names. */
export function pushedLibrary(): {
  /** Is called like `Object.defineProperty`. */
  readonly defineName: (target: object, key: string, descriptor: PropertyDescriptor) => object;
  /** Returns a library of the named exports. An export that the code does not contain comes from another copy. */
  readonly withFallback: (other: ConvexLibrary) => ConvexLibrary;
} {
  const named = new Map<string, unknown>();
  return {
    defineName(target, key, descriptor) {
      const name: unknown = descriptor.value;
      if (typeof name === "string" && isLibraryName(name) && !named.has(name)) named.set(name, target);
      return Object.defineProperty(target, key, descriptor);
    },
    // Modules are evaluated later, so each export is looked up when it is needed.
    withFallback: (other) =>
      new Proxy(other, { get: (_target, name: keyof ConvexLibrary) => named.get(name) ?? other[name] }),
  };
}

function isLibraryName(name: string): boolean {
  return (LIBRARY_NAMES as readonly string[]).includes(name);
}
