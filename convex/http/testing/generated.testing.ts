import { checked } from "../../../openapi/contract/check";
import type { Operation } from "../../../openapi/contract/described";
import type { Plan } from "../../../openapi/contract/fuzz/plans";
import { presented, type Keys } from "../../../openapi/contract/fuzz/presented";
import { wireTo } from "../../../openapi/contract/fuzz/wire";
import { SCOPES } from "../../identity/scopes.lib";
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
    const carried = presented(plan, operation, { ...keys, scopeless }, SECRETS);
    for (const [name, value] of Object.entries(carried)) headers.set(name, value);
    return sendChecked(path + query, { method, headers, ...(body && { body: Uint8Array.from(body) }) });
  };
  return { ask, close };
}

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
