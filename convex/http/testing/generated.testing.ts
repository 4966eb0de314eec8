import { checked } from "../../../openapi/contract/check";
import type { Operation } from "../../../openapi/contract/described";
import type { Asker, Plan } from "../../../openapi/contract/fuzz/plans";
import { wireTo } from "../../../openapi/contract/fuzz/wire";
import { freshId, signedHeaders, SOURCES } from "../../../scripts/webhook/sign";
import { SCOPES } from "../../lib/scopes.lib";
import { as, send, type Call } from "./engine.testing";
import { json, mistyped } from "./replies.testing";
import { THINGS } from "./routes.testing";
import { SECRETS } from "./webhooks.testing";

/** Makes planned requests, over sockets. `close` ends the connections. */
export async function requester(): Promise<{
  ask: (operation: Operation, plan: Plan) => Promise<Response>;
  close: () => void;
}> {
  const { origin } = new URL((await send("/health")).url);
  const { send: wire, close } = wireTo(origin);
  const sendChecked = checked(wire, { counts: false });
  const root = await as("root");
  const keys = await keysOf(root);
  const lacking = new Map<string, Promise<Call>>();
  /** A key that may do all that there is, but not this. */
  const without = (scope: string) => {
    const scopes = SCOPES.filter((one) => one !== scope);
    if (!lacking.has(scope)) lacking.set(scope, as("scopeless", scopes));
    return lacking.get(scope);
  };
  const ask = async (operation: Operation, plan: Plan) => {
    const path = await filled(plan, root);
    const query = plan.query.length > 0 ? `?${plan.query.join("&")}` : "";
    const { method, body } = plan;
    const headers = new Headers(plan.headers);
    const scopeless = (await without(operation.security[0]?.["apiKey"]?.[0] ?? ""))?.key ?? "";
    const carried = presented(plan, operation, { ...keys, scopeless });
    for (const [name, value] of Object.entries(carried)) headers.set(name, value);
    return sendChecked(path + query, { method, headers, ...(body && { body: Uint8Array.from(body) }) });
  };
  return { ask, close };
}

type Keys = Record<"root" | "scopeless" | "mistyped" | "revoked", string>;

async function keysOf(root: Call): Promise<Omit<Keys, "scopeless">> {
  const { key, id } = await json(root("POST", "/api/keys", { name: "revoked", scopes: ["*"] }), 201);
  await root("DELETE", `/api/keys/${String(id)}`);
  return { root: root.key, mistyped: mistyped(root.key), revoked: String(key) };
}

/** The path with something in the place of each name; what is to be there is made first. */
async function filled({ path, params }: Plan, root: Call): Promise<string> {
  let whole = path;
  for (const [name, text] of Object.entries(params)) {
    const thing = THINGS[path.replaceAll(/\{(\w+)\}/g, ":$1")];
    const there = async () => (thing?.belongsTo === "its owner" ? thing.of(root) : thing?.some());
    whole = whole.replace(`{${name}}`, text ?? encodeURIComponent((await there()) ?? "nothing"));
  }
  return whole;
}

/** The headers that say who asks. */
function presented(
  { asker, body, headers }: Plan,
  { security }: Operation,
  keys: Keys,
): Record<string, string> {
  const source = SOURCES.find((name) => name === asker);
  if (source) {
    const type = headers.find(([name]) => name === "X-GitHub-Event")?.[1] ?? "push";
    const event = { source, type, id: freshId(source), body: String(body ?? ""), now: Date.now() };
    const { "Content-Type": _, ...signed } = signedHeaders({ ...event, secret: SECRETS[source] });
    return signed;
  }
  const inHeader = security.some((all) => "apiKey" in all);
  const key = (text: string) => (inHeader ? { "X-API-Key": text } : { Authorization: `Bearer ${text}` });
  return HEADERS[asker]?.(keys, key) ?? key(keys[asker as keyof Keys]);
}

type Carry = (text: string) => Record<string, string>;
const HEADERS: Partial<Record<Asker, (keys: Keys, key: Carry) => Record<string, string>>> = {
  nobody: () => ({}),
  token: () => ({ Authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x" }),
  two: ({ root, scopeless }) => ({ "X-API-Key": root, Authorization: `bearer ${scopeless}` }),
  garbage: (_, key) => key('cha_ÿ"; DROP TABLE'),
};
