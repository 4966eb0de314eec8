/** Whether a key works, and what it may do. */
import { looksLikeApiKey, publicIdOf } from "../../../convex/identity/apiKey.lib";
import { ok, problem, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

const WEEK = 7 * 24 * 3_600_000;

/** @param now milliseconds. */
export async function key(ask: Ask, given: string, now = Date.now()): Promise<Finding[]> {
  if (!looksLikeApiKey(given) || publicIdOf(given) === null)
    return [problem("The key has a typo: it is not whole", "Copy all of it, from cha_ on.")];
  const reply = await ask("/api/protected", { headers: { "X-API-Key": given } });
  const said = await objectOf(reply);
  if (reply.status === 403)
    return [
      problem("The deployment does not know the key", "Use one of this deployment that is not revoked."),
    ];
  if (reply.status !== 200)
    return [problem(`The key is answered ${reply.status}: ${String(said["title"])}`, "Look into the log.")];
  const { name, scopes, expiresAt } = said as { name: string; scopes: string[]; expiresAt?: string };
  const works = ok(`the key "${name}" works, with ${scopes.join(" ") || "no scopes"}`);
  return expiresAt !== undefined && Date.parse(expiresAt) - now < WEEK
    ? [works, warning(`It expires at ${expiresAt}`, "Rotate it: POST /api/keys/:id/rotate.")]
    : [works];
}
