import { fromBase64, toBase64 } from "../lib/base64.lib";

/**
 * Signs a webhook as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, one
 * signature for each secret, separated by spaces.
 *
 * @param message The event's id, the time in seconds since the epoch, and the body.
 * @param keys The secrets, as `signingKey` imports them.
 * @returns The headers of the request.
 */
export async function signedHeaders(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  keys: readonly CryptoKey[],
): Promise<Record<string, string>> {
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(keys.map((key) => signatureOf(signed, key)));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}

/** Imports a secret such as `whsec_…`. The rest is base64. */
export const signingKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    "raw",
    fromBase64(secret.replace(/^whsec_/, "")),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );

const signatureOf = async (signed: Uint8Array<ArrayBuffer>, key: CryptoKey): Promise<string> =>
  `v1,${toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
