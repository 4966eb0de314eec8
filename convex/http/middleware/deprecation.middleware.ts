import type { Deprecated } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";
import "../kit/everyRequest.kit";

/**
 * Announces the deprecation of a route on a reply: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and `Link` to the successor
 * (RFC 5829) and to the guide. Keeps the links that the reply already has.
 */
export function setDeprecationHeaders(
  c: ApiContext,
  { since, sunset, successor, guide }: Deprecated,
  { headers }: Response,
): void {
  headers.set("Deprecation", `@${Date.parse(since) / 1000}`);
  if (sunset) headers.set("Sunset", new Date(sunset).toUTCString());
  const link = (path: string, rel: string) => headers.append("Link", `<${path}>; rel="${rel}"`);
  const successorPath = successor?.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(c.req.param(name) ?? ""),
  );
  if (successorPath) link(successorPath, "successor-version");
  if (guide) link(guide, "deprecation");
}
