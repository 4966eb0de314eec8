import { reasonOf } from "../../scripts/doctor/finding";
import type { Given } from "./options";

/**
 * Checks that the API answers at the address and accepts the key, so that a wrong option fails in one line.
 *
 * @returns the error in one line; null if both are correct.
 */
export async function preflightError({ baseUrl, key }: Given): Promise<string | null> {
  try {
    const { status } = await fetch(`${baseUrl}/health`);
    if (status === 404) return `GET ${baseUrl}/health answers 404, so this is not the API. Check --base-url.`;
  } catch (error) {
    return `Nothing answers at ${baseUrl} (${reasonOf(error)}). Start the deployment, or check --base-url.`;
  }
  if (key === undefined) return null;
  // A header cannot contain other characters, such as the ellipsis of the README's `cha_…`.
  if (!/^[\x21-\x7e]+$/.test(key))
    return "The key contains invalid characters. Copy the whole key to E2E_KEY or --key.";
  const reply = await fetch(`${baseUrl}/api/protected`, { headers: { "X-API-Key": key } });
  if (reply.status !== 401 && reply.status !== 403) return null;
  const { detail = "" } = (await reply.json()) as { detail?: string };
  return `The deployment refuses the key: ${detail}. Set E2E_KEY or --key to another key.`;
}
