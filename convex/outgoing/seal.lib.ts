/**
 * How signing secrets are stored. With `SECRETS_KEY` they are encrypted (AES-256-GCM), without it they are in plain text. Call these
 * functions in actions, so that no function gets a secret in plain text as an argument.
 */
import { fromBase64, toBase64 } from "../lib/base64.lib";
import { secretsKeys } from "../lib/env.lib";
import { fail } from "../lib/failure.lib";

const SEALED = "sealed:";
const CLEAR = "clear:";
const ALGORITHM = "AES-GCM";
/** Lengths in bytes: of the initialization vector, of a key, and of a signing secret. */
const [IV_BYTES, KEY_BYTES, SECRET_BYTES] = [12, 32, 32];

/** Generates a signing secret in the form of Standard Webhooks: `whsec_` and base64. */
export const newSecret = (): string =>
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`;

/** Encrypts a secret with the first key of `SECRETS_KEY`. Refuses with `not_configured` if the setting is malformed. */
export async function seal(secret: string): Promise<string> {
  const [first] = secretsKeys();
  if (first === undefined) return CLEAR + secret;
  const raw = readSecretsKey(first);
  if (!raw) return fail("not_configured", "SECRETS_KEY is not a list of 32-byte keys in base64");
  const key = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const text = new TextEncoder().encode(secret);
  const encrypted = new Uint8Array(await crypto.subtle.encrypt({ name: ALGORITHM, iv }, key, text));
  return SEALED + toBase64(new Uint8Array([...iv, ...encrypted]));
}

/**
 * Decrypts a secret with the key of `SECRETS_KEY` that encrypted it.
 *
 * @throws Error if no key of the setting did.
 */
export async function unseal(stored: string): Promise<string> {
  if (stored.startsWith(CLEAR)) return stored.slice(CLEAR.length);
  for (const key of secretsKeys()) {
    const secret = await unsealWith(key, stored);
    if (secret !== undefined) return secret;
  }
  throw new Error("No key of SECRETS_KEY decrypts the signing secret");
}

/** Returns whether `seal` would store the secret in the same way now. */
export async function isCurrent(stored: string): Promise<boolean> {
  const [first] = secretsKeys();
  if (first === undefined || stored.startsWith(CLEAR)) return first === undefined && stored.startsWith(CLEAR);
  return (await unsealWith(first, stored)) !== undefined;
}

/** Reads one key of `SECRETS_KEY`: 32 bytes in base64. Returns undefined for any other text. */
export function readSecretsKey(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = fromBase64(text);
    return bytes.length === KEY_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Returns undefined if another key encrypted the secret: AES-GCM authenticates. */
async function unsealWith(text: string, stored: string): Promise<string | undefined> {
  const raw = readSecretsKey(text);
  if (!raw) return undefined;
  const bytes = fromBase64(stored.slice(SEALED.length));
  const key = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["decrypt"]);
  const parameters = { name: ALGORITHM, iv: bytes.slice(0, IV_BYTES) };
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, key, bytes.slice(IV_BYTES)));
  } catch {
    return undefined;
  }
}
