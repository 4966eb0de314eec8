/** The secrets of webhooks: whether they can be what their vendor shows. Values are never told. */
import { Webhook } from "svix";
import { ok, warning, type Finding } from "../finding";
import { webhookSettings, type Settings } from "../settings";

/** Characters below which a secret can be guessed. */
const SHORT = 16;

type Judge = (secret: string) => { level: "problem" | "warning"; what: string; do: string } | undefined;

const JUDGES: Readonly<Record<string, Judge>> = {
  stripe: (secret) => {
    if (/^(sk|rk|pk)_/.test(secret))
      return bad("is an API key", "Copy the signing secret of the endpoint: it begins with whsec_.");
    return secret.startsWith("whsec_")
      ? undefined
      : bad("does not begin with whsec_", "Copy the signing secret of the endpoint.");
  },
  clerk: (secret) => {
    const remedy = "Copy the signing secret of the endpoint: whsec_ and base64.";
    if (/^(sk|pk)_/.test(secret)) return bad("is an API key", remedy);
    // Svix takes a base64 that is cut off, and then nothing verifies.
    if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) || secret.replace(/=+$/, "").length % 4 === 3)
      return bad("is not whsec_ and base64", remedy);
    try {
      new Webhook(secret);
      return undefined;
    } catch {
      return bad("is not whsec_ and base64", remedy);
    }
  },
};

/** Looks at the secrets of each source, and says which webhooks are closed for want of one. */
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
          warning(
            `${name} is empty, so /webhooks/${source} is closed`,
            `Set it in ${place}, or take it out.`,
          ),
        ];
      return given.flatMap((secret, at) => {
        const found = judge(source, secret);
        const which = given.length > 1 ? `${name}, secret ${at + 1} of ${given.length},` : name;
        return found ? [{ ...found, what: `${which} ${found.what}` }] : [];
      });
    });
  });
  if (findings.length > 0) return findings;
  const said = [
    open.length > 0 ? `open: ${open.join(", ")}` : "",
    closed.length > 0 ? `closed, without a secret: ${closed.join(", ")}` : "",
  ];
  return [ok(`webhooks ${said.filter((part) => part !== "").join("; ")}`)];
}

function judge(source: string, secret: string): ReturnType<Judge> {
  // An ellipsis stands where a secret was to be filled in.
  if (/…|\.\.\.$/.test(secret)) return bad("is a placeholder", "Put the vendor's secret there.");
  if (/\s/.test(secret)) return bad("has a space in it", "Separate several secrets by commas.");
  const found = JUDGES[source]?.(secret);
  if (found) return found;
  return secret.replace(/^whsec_/, "").length < SHORT
    ? { level: "warning", what: "is short enough to be guessed", do: "Use at least 32 random characters." }
    : undefined;
}

const bad = (what: string, remedy: string) => ({ level: "problem", what, do: remedy }) as const;
