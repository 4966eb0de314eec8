/**
 * `import()` of functions. As on Convex, queries and mutations cannot use it.
 *
 * esbuild has replaced each `import()` with a promise that evaluates the module. The text of the promise has the same length as the
 * name of `importWhereAllowed` in the bundle, so the source map stays valid.
 */
import { executions } from "../exec/execution";

/** The name of `importWhereAllowed` in bundles. */
export const IMPORTING_FUNCTION = "__importWhereAllowed__";

const WRITTEN_BY_ESBUILD = /\bPromise\.resolve\(\)\.then\((?=\(\)=>(?:\(init_|__toESM\(require_))/g;

/** Makes a bundle call `importWhereAllowed` for each `import()`. @param code Text of esbuild without white space. */
export function withImportingFunction(code: string): string {
  return code.replaceAll(WRITTEN_BY_ESBUILD, `${IMPORTING_FUNCTION}(`);
}

/** Shared, because a chain of promises costs more than the evaluation of a module that is loaded already. */
const RESOLVED = Promise.resolve();

/** Evaluates a module, unless a query or mutation is running. */
export function importWhereAllowed<T>(evaluate: () => T): Promise<T> {
  if (executions.getStore()?.frozen !== true) return RESOLVED.then(evaluate);
  return Promise.reject(new TypeError("dynamic module import unsupported"));
}
