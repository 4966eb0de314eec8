import { checksum } from "../lib/checksum.lib";
import { sha256 } from "../lib/sha256.lib";

/**
 * The form of an API key: `cha_<publicId>_<secret>_<checksum>`.
 *
 * The prefix lets secret scanners find a leaked key, the public id is what lists and logs show, the secret holds 200
 * random bits, and the checksum lets a typo be refused without a look-up. Only the SHA-256 of the whole key is stored:
 * with that much randomness a slow hash would protect nothing more.
 */
const FORM = /^cha_([0-9a-z]{12})_[0-9a-z]{40}_[0-9a-f]{8}$/;
const PREFIX = "cha_";
/** Crockford's base 32: 32 characters, so that the low five bits of a random byte pick one without bias. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** How old a key's `lastUsedAt` may grow, in milliseconds, before a request notes the use again. */
export const TOUCH_AFTER_MS = 60_000;

export type NewApiKey = { key: string; publicId: string; hash: string };

/** Makes a fresh key. Call it in an action or HTTP action, so that the key itself never is a function argument. */
export async function newApiKey(): Promise<NewApiKey> {
  const publicId = randomText(12);
  const body = `${PREFIX}${publicId}_${randomText(40)}`;
  const key = `${body}_${checksum(body)}`;
  return { key, publicId, hash: await hashApiKey(key) };
}

/** The SHA-256 of a key in lower-case hex: what the database holds in the key's place. */
export const hashApiKey = (key: string): Promise<string> => sha256(key);

/** True for a text that claims to be a key, well-formed or not. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The public id of a well-formed key whose checksum holds, else null: no look-up can find anything else. */
export function publicIdOf(key: string): string | null {
  const match = FORM.exec(key);
  return match && checksum(key.slice(0, -9)) === key.slice(-8) ? (match[1] ?? null) : null;
}

function randomText(length: number): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) text += ALPHABET.charAt(byte & 31);
  return text;
}
