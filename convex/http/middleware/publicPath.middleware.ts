import { publicPath } from "../../lib/env.lib";

/**
 * Prefixes every path in `Location` and `Link` with the path of `PUBLIC_URL`. Handlers write the API's own paths, but behind a
 * proxy with a path prefix a client needs the proxy's paths. Absolute URLs, such as the URLs of stored files, do not change.
 */
export function addPublicPath({ headers }: Response): void {
  const prefix = publicPath();
  if (prefix === "") return;
  const location = headers.get("Location");
  if (location?.startsWith("/")) headers.set("Location", prefix + location);
  const link = headers.get("Link");
  if (link !== null)
    headers.set(
      "Link",
      link.replaceAll("</", () => `<${prefix}/`),
    );
}
