import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import type { FailureCode } from "../convex/lib/failure.lib";

/** The problems that a route can answer: they follow from what its contract asks for. */
export function problemsOf({ method, path }: AnyContract, spec: Spec): FailureCode[] {
  const judgesInput = spec.params ?? spec.query ?? spec.body ?? path.startsWith("/api/");
  const guards = spec.conditional && (method === "patch" || method === "delete");
  return [
    ...when(judgesInput, "invalid_request"),
    ...when(spec.paged, "invalid_cursor"),
    ...when(spec.body, "invalid_json"),
    ...when(spec.scope !== null, "unauthenticated", "invalid_credential"),
    ...when(spec.scope !== null && spec.scope !== "any", "insufficient_scope"),
    ...when(spec.params, "not_found"),
    ...when(guards, "precondition_failed"),
    "payload_too_large",
    ...when(spec.body, "unsupported_media_type"),
    ...when(spec.needs, "not_configured"),
    ...when(spec.idempotent, "idempotency_key_reused"),
    ...when(spec.scope !== null || !spec.unlimited, "rate_limited"),
    ...(spec.docs().problems ?? []),
    "internal",
    "timed_out",
  ];
}

const when = (applies: unknown, ...codes: FailureCode[]): FailureCode[] => (applies ? codes : []);
