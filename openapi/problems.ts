import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import { PROBLEMS } from "../convex/http/kit/problem.kit";
import type { FailureCode } from "../convex/lib/failure.lib";

/**
 * The problems that a route can answer, in the order of the catalogue: they follow from what its contract asks for. Among
 * them is the 405 that other methods of its path get, for which the document has no other place.
 */
export function problemsOf({ method, path }: AnyContract, spec: Spec): FailureCode[] {
  const { query, body, form, upload, text, scope } = spec;
  // Two credentials that differ are refused before anything of the route is looked at.
  const judgesInput = query ?? body ?? form ?? (upload || text || scope !== null || path.startsWith("/api/"));
  const codes: FailureCode[] = [
    ...when(judgesInput, "invalid_request"),
    ...when(spec.paged, "invalid_cursor"),
    ...when(body ?? text, "invalid_json"),
    ...when(scope !== null, "unauthenticated", "invalid_credential"),
    ...when(scope !== null && scope !== "any", "insufficient_scope"),
    ...when(spec.params, "not_found"),
    "method_not_allowed",
    ...when(guards(method, spec), "precondition_failed"),
    "payload_too_large",
    ...when(body ?? form ?? upload, "unsupported_media_type"),
    ...when(spec.needs, "not_configured"),
    ...when(spec.idempotent, "idempotency_key_reused"),
    ...when(isLimited(spec), "rate_limited"),
    ...(spec.docs().problems ?? []),
    "internal",
    "timed_out",
    "unavailable",
  ];
  return ORDER.filter((code) => codes.includes(code));
}

/** Whether `If-Match` guards the route. */
export const guards = (method: string, { conditional }: Spec): boolean =>
  conditional === true && ["patch", "put", "delete"].includes(method);

/** Whether a route's requests count against a quota; those with a credential always do. */
export const isLimited = ({ scope, unlimited }: Spec): boolean => scope !== null || !unlimited;

const when = (applies: unknown, ...codes: FailureCode[]): FailureCode[] => (applies ? codes : []);
// The names of an object have no type of their own; the catalogue has exactly the codes.
const ORDER = Object.keys(PROBLEMS) as FailureCode[];
