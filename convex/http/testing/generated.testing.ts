import { checked } from "../../../openapi/contract/check";
import type { Operation } from "../../../openapi/contract/described";
import type { Plan } from "../../../openapi/contract/fuzz/plans";
import { credentialHeadersFor, type Keys } from "../../../openapi/contract/fuzz/credentials";
import { wireTo } from "../../../openapi/contract/fuzz/wire";
import { SCOPES } from "../../identity/scopes.lib";
import { as, send, type Call } from "./engine.testing";
import { json, mistyped } from "./replies.testing";
import { encodedValue, resourceOf } from "./routes.testing";
import { SECRETS } from "./webhooks.testing";

/** Returns a function that sends planned requests over sockets. `close` closes the connections. */
export async function requester(): Promise<{
  ask: (operation: Operation, plan: Plan) => Promise<Response>;
  close: () => void;
}> {
  const { origin } = new URL((await send("/health")).url);
  const { send: wire, close } = wireTo(origin);
  const sendChecked = checked(wire, { counts: false });
  const root = await as("root");
  const keys = await keysOf(root);
  const callers = new Map<string, Promise<Call>>();
  /** Returns a caller with all scopes except this one. */
  const callerWithout = (missing: string) => {
    const scopes = SCOPES.filter((scope) => scope !== missing);
    if (!callers.has(missing)) callers.set(missing, as("scopeless", scopes));
    return callers.get(missing);
  };
  const ask = async (operation: Operation, plan: Plan) => {
    const path = await pathOf(operation, plan, root);
    const query = plan.query.length > 0 ? `?${plan.query.join("&")}` : "";
    const { method, body } = plan;
    const headers = new Headers(plan.headers);
    const scopeless = (await callerWithout(operation.security[0]?.["apiKey"]?.[0] ?? ""))?.key ?? "";
    const credentials = credentialHeadersFor(plan, operation, { ...keys, scopeless }, SECRETS);
    for (const [name, value] of Object.entries(credentials)) headers.set(name, value);
    return sendChecked(path + query, { method, headers, ...(body && { body: Uint8Array.from(body) }) });
  };
  return { ask, close };
}

async function keysOf(root: Call): Promise<Omit<Keys, "scopeless">> {
  const { key, id } = await json(root("POST", "/api/keys", { name: "revoked", scopes: ["*"] }), 201);
  await root("DELETE", `/api/keys/${String(id)}`);
  return { root: root.key, mistyped: mistyped(root.key), revoked: String(key) };
}

/** Returns the path of a plan. A parameter without a planned value gets the id of an existing resource. */
async function pathOf(operation: Operation, { path, params }: Plan, root: Call): Promise<string> {
  if (Object.keys(params).length === 0) return path;
  const isRest = (name: string) => operation.parameters.some((one) => one.name === name && one["x-rest"]);
  const route = {
    path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (isRest(name) ? `*${name}` : `:${name}`)),
  };
  const resource = Object.values(params).includes(null) ? resourceOf(route) : undefined;
  const existing = await (resource?.belongsTo === "its owner" ? resource.of(root) : resource?.some());
  const exampleOf = (name: string) => operation.parameters.find((one) => one.name === name)?.example;
  const valueOf = (name: string) =>
    (typeof existing === "object" ? existing[name] : existing) ?? String(exampleOf(name) ?? "nothing");
  // Planned values are encoded, some of them wrongly.
  return path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => params[name] ?? encodedValue(valueOf(name), isRest(name)),
  );
}
