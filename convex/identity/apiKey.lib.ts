import { checksum, sha256 } from "../lib/hash.lib";

/**
 * The beginning of each API key: `cha_<publicId>_<secret>_<checksum>`. Choose it before the first key is issued, because a key with
 * another prefix is invalid.
 *
 * The prefix lets secret scanners find a leaked key. Lists and logs show the public id. The secret has 200 random bits. The
 * checksum detects a typo without a database look-up. Only the SHA-256 of the whole key is stored: a slow hash would not
 * improve the protection of 200 random bits.
 */
export const KEY_PREFIX = "cha_";
const FORM = new RegExp(`^${KEY_PREFIX}([0-9a-z]{12})_[0-9a-z]{40}_[0-9a-f]{8}$`);
/** Crockford's base 32. It has 32 characters, so the low five bits of a random byte select one without bias. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Age of a key's `lastUsedAt`, in milliseconds, after which a request updates it. */
const TOUCH_AFTER_MS = 60_000;

/** Returns whether a request has to update a key's `lastUsedAt`: if it is old, or in the future because the clock was set back. */
export const isTouchDue = (lastUsedAt = 0): boolean => Math.abs(Date.now() - lastUsedAt) >= TOUCH_AFTER_MS;

export type NewApiKey = { key: string; publicId: string; hash: string };

/** Generates a key. Call it in an action or HTTP action, so that the key is never a function argument. */
export async function newApiKey(): Promise<NewApiKey> {
  const publicId = randomText(12);
  const body = `${KEY_PREFIX}${publicId}_${randomText(40)}`;
  const key = `${body}_${checksum(body)}`;
  return { key, publicId, hash: await hashApiKey(key) };
}

/** Returns the SHA-256 of a key in lower-case hex, which the database stores instead of the key. */
export const hashApiKey = (key: string): Promise<string> => sha256(key);

/** Returns whether a text has the prefix of a key. The text need not be well-formed. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(KEY_PREFIX);
}

/** Returns the public id of a well-formed key with a valid checksum. Returns null for other texts, which cannot be keys. */
export function publicIdOf(key: string): string | null {
  const match = FORM.exec(key);
  return match && checksum(key.slice(0, -9)) === key.slice(-8) ? (match[1] ?? null) : null;
}

function randomText(length: number): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) text += ALPHABET.charAt(byte & 31);
  return text;
}
