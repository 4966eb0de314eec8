import { fromBase64, toBase64 } from "../lib/base64.lib";

/**
 * Signs a webhook as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, one
 * signature for each secret, separated by spaces.
 *
 * @param message The event's id, the time in seconds since the epoch, and the body.
 * @param secrets Secrets such as `whsec_…`. The rest is base64.
 * @returns The headers of the request.
 */
export async function signedHeaders(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(secrets.map((secret) => signatureOf(signed, secret)));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}

async function signatureOf(signed: Uint8Array<ArrayBuffer>, secret: string): Promise<string> {
  const raw = fromBase64(secret.replace(/^whsec_/, ""));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
}
