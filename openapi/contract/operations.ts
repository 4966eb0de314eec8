import type { Operation } from "./described";

/** The operation that a request asks for, and what stands for the names of its path, decoded. */
export type Asked = { operation: Operation; params: Record<string, string> };

/**
 * Finds the operation of a request; undefined for a path or method that the document does not have. HEAD asks for what GET
 * would answer, and a slash at the end changes nothing.
 *
 * @param path Percent-encoded, without a query.
 */
export function operationOf(
  operations: readonly Operation[],
  method: string,
  path: string,
): Asked | undefined {
  const wanted = method.toUpperCase() === "HEAD" ? "GET" : method.toUpperCase();
  const segments = segmentsOf(path);
  let withNames: Asked | undefined;
  for (const operation of operations) {
    if (operation.method !== wanted) continue;
    const params = matched(segmentsOf(operation.path), segments);
    if (!params) continue;
    // A path without names wins over one with them (OpenAPI 3.1, section 4.8.8.2).
    if (Object.keys(params).length === 0) return { operation, params };
    withNames ??= { operation, params };
  }
  return withNames;
}

/** The operations that a path has, whatever their method. */
export function operationsAt(operations: readonly Operation[], path: string): Operation[] {
  const segments = segmentsOf(path);
  return operations.filter((operation) => matched(segmentsOf(operation.path), segments) !== null);
}

const segmentsOf = (path: string): string[] => path.replace(/(?<=.)\/$/, "").split("/");

function matched(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
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
