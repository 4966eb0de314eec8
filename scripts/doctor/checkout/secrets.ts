/** The secrets of webhooks: whether each has the form that its vendor uses. Values are never printed. */
import { Webhook } from "svix";
import { ok, warning, type Finding } from "../finding";
import { webhookSettings, type Settings } from "../settings";

/** A secret with fewer characters can be guessed. */
const MIN_LENGTH = 16;

type Check = (secret: string) => { level: "problem" | "warning"; what: string; do: string } | undefined;

const VENDOR_CHECKS: Readonly<Record<string, Check>> = {
  stripe: (secret) => {
    if (/^(sk|rk|pk)_/.test(secret))
      return bad(
        "is an API key",
        "Copy the signing secret of the endpoint instead, which begins with whsec_.",
      );
    return secret.startsWith("whsec_")
      ? undefined
      : bad("does not begin with whsec_", "Copy the signing secret of the endpoint.");
  },
  clerk: (secret) => {
    const remedy = "Copy the signing secret of the endpoint: whsec_ followed by base64.";
    if (/^(sk|pk)_/.test(secret)) return bad("is an API key", remedy);
    // Svix accepts truncated base64, and then every signature fails.
    if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) || secret.replace(/=+$/, "").length % 4 === 3)
      return bad("is not whsec_ followed by base64", remedy);
    try {
      new Webhook(secret);
      return undefined;
    } catch {
      return bad("is not whsec_ followed by base64", remedy);
    }
  },
};

/** Checks the secrets of each source, and lists the webhooks that are open and those that are closed without a secret. */
export function secrets({ values, place }: Settings, sources: readonly string[]): Finding[] {
  if (sources.length === 0) return [];
  const open: string[] = [];
  const closed: string[] = [];
  const findings = sources.flatMap((source) => {
    const set = webhookSettings(source).flatMap((name) => {
      const list = values.get(name);
      const secrets = (list ?? "").split(",").map((secret) => secret.trim());
      return list === undefined ? [] : [{ name, given: secrets.filter((secret) => secret !== "") }];
    });
    const isOpen = set.some(({ given }) => given.length > 0);
    (isOpen ? open : closed).push(source);
    return set.flatMap(({ name, given }) => {
      if (!isOpen)
        return [
          warning(`${name} is empty, so /webhooks/${source} is closed`, `Set it in ${place}, or delete it.`),
        ];
      return given.flatMap((secret, at) => {
        const found = check(source, secret);
        const which = given.length > 1 ? `${name}, secret ${at + 1} of ${given.length},` : name;
        return found ? [{ ...found, what: `${which} ${found.what}` }] : [];
      });
    });
  });
  if (findings.length > 0) return findings;
  const parts = [
    open.length > 0 ? `open: ${open.join(", ")}` : "",
    closed.length > 0 ? `closed because no secret is set: ${closed.join(", ")}` : "",
  ];
  return [ok(`webhooks ${parts.filter((part) => part !== "").join("; ")}`)];
}

function check(source: string, secret: string): ReturnType<Check> {
  // Examples show an ellipsis in place of the secret.
  if (/…|\.\.\.$/.test(secret)) return bad("is a placeholder", "Replace it with the vendor's secret.");
  if (/\s/.test(secret)) return bad("contains a space", "Separate secrets with commas.");
  const found = VENDOR_CHECKS[source]?.(secret);
  if (found) return found;
  return secret.replace(/^whsec_/, "").length < MIN_LENGTH
    ? {
        level: "warning",
        what: "is so short that it can be guessed",
        do: "Use at least 32 random characters.",
      }
    : undefined;
}

const bad = (what: string, remedy: string) => ({ level: "problem", what, do: remedy }) as const;
