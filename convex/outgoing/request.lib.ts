/** Sends one delivery, and describes how that went. */
import type { Outcome } from "./outcome.lib";
import { readRetryAfter } from "./retry.lib";
import { signedHeaders } from "./signature.lib";
import type { Batch } from "./turn.lib";

/** Milliseconds within which a receiver must reply. */
const TIMEOUT_MS = 15_000;
/** Characters of a reply that are kept, and bytes that are read for them. */
const [REPLY_CHARACTERS, REPLY_BYTES] = [1024, 4096];

const USER_AGENT = "convex-hono-api-webhooks/1";

export type Delivery = Batch["deliveries"][number] & { readonly body: string };

/** Sends one delivery. It never throws: an error is the outcome of the attempt. */
export async function send(url: string, keys: readonly CryptoKey[], delivery: Delivery): Promise<Outcome> {
  const { deliveryId, eventId: id, tries, body } = delivery;
  const at = Date.now();
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  try {
    const signed = await signedHeaders({ id, timestamp: Math.floor(at / 1000), body }, keys);
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": USER_AGENT, ...signed },
      body,
      // A redirect could lead to an address that the rules refuse.
      redirect: "manual",
      signal: timeout.signal,
    });
    const { status } = response;
    const reply = await firstCharacters(response);
    // Includes the reading of the reply: a receiver that is slow there occupies the queue as long.
    const durationMs = Math.max(0, Date.now() - at);
    const retryAfterMs = [429, 503].includes(status)
      ? readRetryAfter(response.headers.get("Retry-After"), at)
      : undefined;
    const error = errorOf(status);
    return {
      deliveryId,
      tries,
      attempt: { at, status, ...(error !== undefined && { error }), durationMs },
      succeeded: error === undefined,
      ...(reply !== "" && { reply }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (error) {
    return failed(
      delivery,
      at,
      timeout.signal.aborted ? `No reply within ${TIMEOUT_MS / 1000} s` : reasonOf(error),
    );
  } finally {
    clearTimeout(timer);
  }
}

export const failed = ({ deliveryId, tries }: Delivery, at: number, error: string): Outcome => ({
  deliveryId,
  tries,
  attempt: { at, error, durationMs: Math.max(0, Date.now() - at) },
  succeeded: false,
});

function errorOf(status: number): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  return status >= 300 && status < 400 ? "Redirects are not followed" : `The reply has the status ${status}`;
}

/** Returns a message for the owner of the endpoint. Node puts the reason into `cause`. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const { message = "", code } = (cause ?? error) as { message?: string; code?: string };
  const [line = ""] = message.split("\n", 1);
  return `The connection failed: ${(line || code) ?? "no reason given"}`.slice(0, 300).toWellFormed();
}

/** Reads the beginning of a reply. An error, or the end of the time, ends the text: the status has arrived already. */
async function firstCharacters({ body }: Response): Promise<string> {
  if (!body) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let bytes = 0; bytes < REPLY_BYTES;) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value as Uint8Array;
      text += decoder.decode(part.subarray(0, REPLY_BYTES), { stream: true });
      bytes += part.length;
    }
    await reader.cancel();
  } catch {
    // The text that has arrived is enough.
  }
  return Array.from(text.slice(0, 2 * REPLY_CHARACTERS))
    .slice(0, REPLY_CHARACTERS)
    .join("")
    .toWellFormed();
}
