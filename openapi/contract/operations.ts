import type { Operation } from "./described";

/** The operation of a request, and the decoded values of its path parameters. */
export type OperationMatch = { operation: Operation; params: Record<string, string> };

/**
 * Finds the operation of a request. Returns undefined for an undocumented path or method. HEAD matches the operation of GET, and
 * a trailing slash is ignored.
 *
 * @param path Percent-encoded, without a query.
 */
export function operationOf(
  operations: readonly Operation[],
  method: string,
  path: string,
): OperationMatch | undefined {
  const wantedMethod = method.toUpperCase() === "HEAD" ? "GET" : method.toUpperCase();
  const segments = segmentsOf(path);
  const matches = operations.flatMap((operation): OperationMatch[] => {
    const params = matchPath(segmentsOf(operation.path), segments);
    return params ? [{ operation, params }] : [];
  });
  // A path without parameters takes precedence over a path with parameters, with every method (OpenAPI 3.1, section 4.8.8.2).
  const exact = matches.filter(({ params }) => Object.keys(params).length === 0);
  return (exact.length > 0 ? exact : matches).find(({ operation }) => operation.method === wantedMethod);
}

/** Returns the operations of all paths that a path may match, with any method. */
export function operationsAt(operations: readonly Operation[], path: string): Operation[] {
  const segments = segmentsOf(path);
  return operations.filter((operation) => matchPath(segmentsOf(operation.path), segments) !== null);
}

const segmentsOf = (path: string): string[] => path.replace(/(?<=.)\/$/, "").split("/");

function matchPath(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (template.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of template.entries()) {
    const segment = segments[at] ?? "";
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name !== undefined && segment !== "") params[name] = decoded(segment);
    else if (decoded(part) !== decoded(segment)) return null;
  }
  return params;
}

/** Decodes a path segment. A malformed segment stays unchanged, as on the server. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
