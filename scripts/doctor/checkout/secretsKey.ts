/** The key that encrypts the signing secrets of webhook endpoints. */
import { readSecretsKey } from "../../../convex/outgoing/seal.lib";
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";

const REMEDY = `Generate a key: node -p 'crypto.randomBytes(32).toString("base64")'`;

/** Checks `SECRETS_KEY`. */
export function secretsKey({ values, place }: Settings): Finding[] {
  const keys = (values.get("SECRETS_KEY") ?? "").split(",").flatMap((key) => key.trim() || []);
  if (keys.length === 0)
    return [
      warning(
        "SECRETS_KEY is not set, so the signing secrets of webhook endpoints are stored in plain text",
        `${REMEDY}, and set it in ${place}.`,
      ),
    ];
  return keys.flatMap((key, at) =>
    readSecretsKey(key)
      ? []
      : [problem(`SECRETS_KEY, key ${at + 1} of ${keys.length}, is not 32 bytes in base64`, `${REMEDY}.`)],
  );
}
