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
    const params = matchPath(operation, segments);
    return params ? [{ operation, params }] : [];
  });
  // At the first segment that differs, a text takes precedence over a parameter, and that over the rest of a path.
  matches.sort((a, b) => (opennessOf(a.operation) < opennessOf(b.operation) ? -1 : 1));
  // A path without parameters takes precedence over a path with parameters, with every method (OpenAPI 3.1, section 4.8.8.2).
  const exact = matches.filter(({ params }) => Object.keys(params).length === 0);
  return (exact.length > 0 ? exact : matches).find(({ operation }) => operation.method === wantedMethod);
}

/** Returns the operations of all paths that a path may match, with any method. */
export function operationsAt(operations: readonly Operation[], path: string): Operation[] {
  const segments = segmentsOf(path);
  return operations.filter((operation) => matchPath(operation, segments) !== null);
}

const segmentsOf = (path: string): string[] => path.replace(/(?<=.)\/$/, "").split("/");

const hasRest = ({ parameters }: Operation): boolean => parameters.some((parameter) => parameter["x-rest"]);

/** Returns a text that sorts after that of an operation with a text where this one has a parameter. */
function opennessOf(operation: Operation): string {
  const openness = segmentsOf(operation.path).map((part) => (part.startsWith("{") ? "1" : "0"));
  return hasRest(operation) ? [...openness.slice(0, -1), "2"].join("") : openness.join("");
}

function matchPath(operation: Operation, segments: readonly string[]): Record<string, string> | null {
  const template = segmentsOf(operation.path);
  const rest = hasRest(operation);
  if (rest ? segments.length < template.length : segments.length !== template.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of template.entries()) {
    const isRest = rest && at === template.length - 1;
    const segment = isRest ? segments.slice(at).join("/") : (segments[at] ?? "");
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
