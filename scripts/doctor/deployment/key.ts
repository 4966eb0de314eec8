/** Whether a key works, and which scopes it has. */
import { KEY_PREFIX, looksLikeApiKey, publicIdOf } from "../../../convex/identity/apiKey.lib";
import { ok, problem, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

const WEEK = 7 * 24 * 3_600_000;

/** Checks a key. @param now milliseconds since 1970. */
export async function key(ask: Ask, given: string, now = Date.now()): Promise<Finding[]> {
  if (!looksLikeApiKey(given) || publicIdOf(given) === null)
    return [
      problem("The key is incomplete or mistyped", `Copy the whole key. It begins with ${KEY_PREFIX}.`),
    ];
  const reply = await ask("/api/protected", { headers: { "X-API-Key": given } });
  const body = await objectOf(reply);
  if (reply.status === 403)
    return [
      problem("The deployment does not know the key", "Use a key of this deployment that is not revoked."),
    ];
  if (reply.status !== 200)
    return [
      problem(
        `A request with the key is answered ${reply.status}: ${String(body["title"])}`,
        "Read the deployment's log for the cause.",
      ),
    ];
  const { name, scopes, expiresAt } = body as { name: string; scopes: string[]; expiresAt?: string };
  const works = ok(`the key "${name}" works; its scopes are ${scopes.join(" ") || "empty"}`);
  return expiresAt !== undefined && Date.parse(expiresAt) - now < WEEK
    ? [works, warning(`The key expires at ${expiresAt}`, "Rotate it: POST /api/keys/:id/rotate.")]
    : [works];
}
