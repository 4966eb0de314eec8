import { KEY_PREFIX } from "../../../convex/identity/apiKey.lib";
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "../../../scripts/webhook/senders";
import type { Operation } from "../described";
import type { CallerKind, Plan } from "./plans";

/** Keys by kind: `root` has all scopes, `scopeless` lacks the required scope, `mistyped` and `revoked` are invalid. */
export type Keys = Record<"root" | "scopeless" | "mistyped" | "revoked", string>;

/** Returns the headers that carry the credential of a planned request. */
export function credentialHeadersFor(
  { caller, body, headers }: Plan,
  { security }: Operation,
  keys: Keys,
  secrets: Record<WebhookSource, string>,
): Record<string, string> {
  const source = SOURCES.find((name) => name === caller);
  if (source) {
    const type = headers.find(([name]) => name === "X-GitHub-Event")?.[1] ?? "push";
    const event = { source, type, id: freshId(source), body: String(body ?? ""), now: Date.now() };
    const { "Content-Type": _, ...signed } = signedHeaders({ ...event, secret: secrets[source] });
    return signed;
  }
  const inHeader = security.some((all) => "apiKey" in all);
  const key = (text: string) => (inHeader ? { "X-API-Key": text } : { Authorization: `Bearer ${text}` });
  return HEADERS[caller]?.(keys, key) ?? key(keys[caller as keyof Keys]);
}

type Carry = (text: string) => Record<string, string>;
const HEADERS: Partial<Record<CallerKind, (keys: Keys, key: Carry) => Record<string, string>>> = {
  nobody: () => ({}),
  token: () => ({ Authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x" }),
  two: ({ root, scopeless }) => ({ "X-API-Key": root, Authorization: `bearer ${scopeless}` }),
  garbage: (_, key) => key(`${KEY_PREFIX}ÿ"; DROP TABLE`),
};
