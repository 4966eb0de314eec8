/** Valid and invalid keys, and existing resources, for the generated requests. */
import { SCOPES } from "../../convex/identity/scopes.lib";
import type { Keys } from "../../openapi/contract/fuzz/credentials";
import type { WebhookSecrets } from "../lib/secrets";

export type Fixtures = {
  keys: Keys;
  secrets: WebhookSecrets;
  /** The id of an existing resource for each path with a parameter. */
  ids: Readonly<Record<string, string>>;
};

type Created = Record<string, unknown>;

/** Creates new keys and resources, because earlier requests may have deleted the old ones. @param root a key with all scopes. */
export async function createFixtures(
  url: string,
  root: string,
  secrets: Fixtures["secrets"],
): Promise<Fixtures> {
  const post = async (path: string, body: unknown, more: Record<string, string> = {}): Promise<Created> => {
    const headers = { "X-API-Key": root, "Content-Type": "application/json", ...more };
    const reply = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`POST ${path} was answered ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as Created;
  };
  const key = (scopes: readonly string[]) => post("/api/keys", { name: "abuse", scopes });
  const [scopeless, revoked, other] = [await key([SCOPES[0]]), await key(["*"]), await key(["items:read"])];
  await fetch(`${url}/api/keys/${String(revoked["id"])}`, {
    method: "DELETE",
    headers: { "X-API-Key": root },
  });
  const item = await post("/api/items", { name: "bolt" });
  const user = await post("/api/users", { name: "Grace", email: `${crypto.randomUUID()}@example.com` });
  const file = await post("/api/upload", "bytes", { "Content-Type": "text/plain" });
  const job = await post("/api/process", { data: 1 }, { Prefer: "respond-async" });
  const id = ({ id: own, storageId }: Created) => String(own ?? storageId);
  const at = root.length - 20;
  return {
    keys: {
      root,
      scopeless: String(scopeless["key"]),
      revoked: String(revoked["key"]),
      mistyped: root.slice(0, at) + (root[at] === "x" ? "y" : "x") + root.slice(at + 1),
    },
    secrets,
    ids: {
      "/api/items/{itemId}": id(item),
      "/api/users/{id}": id(user),
      "/api/keys/{id}": id(other),
      "/api/keys/{id}/rotate": id(other),
      "/api/files/{id}": id(file),
      "/files/{id}": id(file),
      "/api/jobs/{id}": id(job),
      "/problems/{code}": "not_found",
    },
  };
}
