import type { Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";

/** Returns the notice and the OpenAPI members of a deprecated route. */
export function deprecation({ deprecated }: Spec): { notice: string; members: JsonSchema } | undefined {
  if (!deprecated) return undefined;
  const { since, sunset, successor, guide } = deprecated;
  const notice = [
    `Deprecated since ${since}.`,
    ...(sunset ? [`It may be removed from ${sunset} on.`] : []),
    ...(successor ? [`Its successor is \`${successor.replaceAll(/:(\w+)/g, "{$1}")}\`.`] : []),
    ...(guide ? [`Guide: ${guide}`] : []),
  ].join(" ");
  const members = {
    deprecated: true,
    "x-deprecated-since": since,
    ...(sunset && { "x-sunset": sunset }),
  };
  return { notice, members };
}
