import type { AnyContract, Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { PROBLEMS, type FailureCode } from "../convex/lib/problems.lib";
import type { Components, Reference } from "./components";
import { headersOf, optionalHeader, type HeaderTraits } from "./headers";
import { problemExample, problemSchema } from "./problemExamples";
import { problemsOf } from "./problems";

/** Returns the problem replies of a route by status. They are components, because many routes share them. */
export function problemReplies(
  contract: AnyContract,
  spec: Spec,
  route: HeaderTraits,
  components: Components,
): Map<number, Reference> {
  const byStatus = new Map<number, FailureCode[]>();
  for (const code of problemsOf(contract, spec)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const replies = new Map<number, Reference>();
  for (const [status, codes] of byStatus) {
    const traits = traitsOf(codes, spec, route);
    replies.set(
      status,
      components.use("responses", nameFor(codes, traits), problemReply(codes, traits, components)),
    );
  }
  return replies;
}

/** Returns the content of a reply that may have any of these problems. */
function problemContent(codes: readonly FailureCode[], components: Components): JsonSchema {
  return {
    "application/problem+json": {
      schema: problemSchema(codes, components),
      examples: Object.fromEntries(codes.map((code) => [code, problemExample(code, components)])),
    },
  };
}

function problemReply(
  codes: readonly FailureCode[],
  traits: HeaderTraits,
  components: Components,
): JsonSchema {
  const own = new Set(codes.flatMap((code) => PROBLEMS[code].headers ?? []));
  // A conflict with work that still runs says when to ask again.
  if (traits.replayed && codes.includes("conflict")) own.add("Retry-After");
  return {
    description: codes.map((code) => PROBLEMS[code].title).join("; "),
    headers: {
      ...headersOf(traits, [...own], components),
      ...(codes.includes("quota_exceeded") && { "WWW-Authenticate": optionalHeader("WWW-Authenticate") }),
    },
    content: problemContent(codes, components),
  };
}

/** Failures that occur before the rate limit is checked. */
const UNCOUNTED: readonly FailureCode[] = ["unauthenticated", "method_not_allowed", "not_configured"];
const isUncounted = (codes: readonly FailureCode[]) => codes.every((code) => UNCOUNTED.includes(code));

function traitsOf(codes: readonly FailureCode[], spec: Spec, route: HeaderTraits): HeaderTraits {
  // This reply comes from the router, not from a route.
  if (codes.includes("method_not_allowed")) return { cors: route.cors, limited: false };
  // With an optional credential, the request has already counted when the missing credential is detected.
  return { ...route, limited: route.limited && (!isUncounted(codes) || spec.anonymous === true) };
}

/** Returns a component name, such as `InvalidRequestOrInvalidJson`. Prefixes and suffixes mark unusual headers. */
function nameFor(
  codes: readonly FailureCode[],
  { cors, limited, deprecated, replayed }: HeaderTraits,
): string {
  const usual = cors && !isUncounted(codes);
  const words = codes
    .map((code) => code.replace(/^webhook_/, "").replaceAll(/(?:^|_)(.)/g, upper))
    .join("Or");
  return [
    ...(cors ? [words] : ["Webhook", words]),
    ...(limited === usual ? [] : [limited ? "Limited" : "Unlimited"]),
    ...(replayed ? ["Replayable"] : []),
    ...(deprecated ? ["Deprecated"] : []),
    ...(deprecated?.sunset ? ["WithSunset"] : []),
    ...(deprecated?.successor || deprecated?.guide ? ["Linked"] : []),
  ].join("");
}

const upper = (_: string, letter: string) => letter.toUpperCase();
