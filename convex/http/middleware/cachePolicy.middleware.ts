import type { Endpoint } from "../kit/api.kit";
import "../kit/everyRequest.kit";
import type { CachePolicy } from "../kit/routeOptions.kit";

/**
 * Lets caches reuse a success for as long as the contract says (RFC 9111). The reply to a request with a credential is `private`,
 * and its `Vary` names the headers of the credential, so that a browser does not show one caller the reply to another.
 */
export function setCachePolicy(
  policy: CachePolicy,
  { scope }: Endpoint,
  { status, headers }: Response,
): void {
  if (status >= 400) return;
  const { maxAge, staleWhileRevalidate, immutable } = policy;
  const isPublic = scope === null;
  headers.set(
    "Cache-Control",
    [
      isPublic ? "public" : "private",
      `max-age=${maxAge}`,
      ...(staleWhileRevalidate === undefined ? [] : [`stale-while-revalidate=${staleWhileRevalidate}`]),
      ...(immutable ? ["immutable"] : []),
    ].join(", "),
  );
  if (!isPublic) headers.append("Vary", "Authorization, X-API-Key");
}
