import { publicPath } from "../../lib/env.lib";

/**
 * Puts the path of `PUBLIC_URL` in front of every path in `Location` and `Link`. Handlers write the API's own paths; behind a
 * proxy with a path prefix a client needs the proxy's. Absolute addresses, such as those of stored files, stay.
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
