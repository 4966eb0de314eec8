import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import { PROBLEMS, type FailureCode, type ProblemPlace } from "../convex/lib/problems.lib";

/**
 * Derives the problems of a route from its contract, in the order of the catalogue. They include the 405 reply to undocumented
 * methods of the path, because OpenAPI has no other place for that reply.
 */
export function problemsOf({ method, path }: AnyContract, spec: Spec): FailureCode[] {
  const named = spec.docs().problems ?? [];
  return ORDER.filter((code) => {
    const { where } = PROBLEMS[code];
    return named.includes(code) || (where !== undefined && PLACES[where]({ method, path }, spec));
  });
}

/** Whether a route has the property that leads to a problem. */
const PLACES: Record<ProblemPlace, (route: { method: string; path: string }, spec: Spec) => boolean> = {
  "every route": () => true,
  // A request with two different credentials is refused before its route is checked.
  input: ({ path }, { query, body, scope }) =>
    query !== undefined || body !== undefined || scope !== null || path.startsWith("/api/"),
  json: (_, { body }) => ["json", "anyJson", "signedText"].includes(body?.type ?? ""),
  body: (_, { body }) => body !== undefined && body.type !== "signedText",
  paged: (_, { paged }) => paged !== undefined,
  params: (_, { params }) => params !== undefined,
  credential: (_, { scope }) => scope !== null,
  scope: (_, { scope }) => scope !== null && scope !== "any",
  guarded: ({ method }, spec) => guards(method, spec),
  needs: (_, { needs }) => needs !== undefined,
  idempotent: (_, { idempotent }) => idempotent !== undefined,
  external: (_, { idempotent }) => idempotent === "external",
  limited: (_, spec) => isLimited(spec),
};

/** Whether `If-Match` guards the route. */
export const guards = (method: string, { conditional }: Spec): boolean =>
  conditional === true && ["patch", "put", "delete"].includes(method);

/** Whether the requests of a route count against a quota. Routes that require a credential always do. */
export const isLimited = ({ scope, unlimited }: Spec): boolean => scope !== null || !unlimited;

// `Object.keys` returns strings, but the keys of the catalogue are exactly the codes.
const ORDER = Object.keys(PROBLEMS) as FailureCode[];
