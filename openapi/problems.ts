import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import { PROBLEMS } from "../convex/http/kit/problem.kit";
import type { FailureCode } from "../convex/lib/failure.lib";

/**
 * Derives the problems of a route from its contract, in the order of the catalogue. They include the 405 reply to undocumented
 * methods of the path, because OpenAPI has no other place for that reply.
 */
export function problemsOf({ method, path }: AnyContract, spec: Spec): FailureCode[] {
  const { query, body, scope } = spec;
  // A request with two different credentials is refused before its route is checked.
  const validatesInput = query ?? body ?? (scope !== null || path.startsWith("/api/"));
  const codes: FailureCode[] = [
    ...when(validatesInput, "invalid_request"),
    ...when(spec.paged, "invalid_cursor"),
    ...when(body && ["json", "anyJson", "signedText"].includes(body.type), "invalid_json"),
    ...when(scope !== null, "unauthenticated", "invalid_credential"),
    ...when(scope !== null && scope !== "any", "insufficient_scope"),
    ...when(spec.params, "not_found"),
    "method_not_allowed",
    ...when(guards(method, spec), "precondition_failed"),
    "payload_too_large",
    ...when(body && body.type !== "signedText", "unsupported_media_type"),
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

/** Whether the requests of a route count against a quota. Routes that require a credential always do. */
export const isLimited = ({ scope, unlimited }: Spec): boolean => scope !== null || !unlimited;

const when = (applies: unknown, ...codes: FailureCode[]): FailureCode[] => (applies ? codes : []);
// `Object.keys` returns strings, but the keys of the catalogue are exactly the codes.
const ORDER = Object.keys(PROBLEMS) as FailureCode[];
