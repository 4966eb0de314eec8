import { docsOnly } from "#docsOnly";
import { GRANTS } from "../../identity/scopes.lib";
import { contract, type FieldSchemas } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

const MAX_NAME = 200;

const shape = docsOnly(({ upTo, z, time }) => ({
  id: z.string(),
  name: upTo(MAX_NAME),
  publicId: z.string(),
  scopes: z.array(z.string()).check(z.maxLength(GRANTS.length)),
  createdAt: time(),
  expiresAt: z.exactOptional(time()),
  lastUsedAt: z.exactOptional(time()),
  revokedAt: z.exactOptional(time()),
}));

const shapeFields = docsOnly(() => ({
  id: "The key's id.",
  name: "The key's name.",
  publicId: "The public part of the key. The log contains it.",
  scopes: "The scopes that the key carries.",
  createdAt: "The time of the key's creation.",
  expiresAt: "The time when the key stops working, if it has one.",
  lastUsedAt: "The time of the key's last use, to the minute.",
  revokedAt: "The time when the key was revoked.",
}));

export const Key = docsOnly(({ named, z }) => named("Key", z.object(shape()), shapeFields()));

/** A key with its secret, which only the first reply contains. A replay does not contain it. */
export const NewKey = docsOnly(({ named, z }) =>
  named("NewKey", z.object({ ...shape(), key: z.exactOptional(z.string()) }), {
    ...shapeFields(),
    key: "The key itself. Only this reply contains it; a replay does not.",
  }),
);

const scopes = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.array(z.enum(GRANTS)).check(z.minLength(1), atMost(GRANTS.length));
const keyRef = () => ({ id: id() });
const ID = "The key's id.";

export const partnerKey = docsOnly(() => ({
  id: "m17a0q9v3s1x8w6t4r0pzc5m7h6b",
  name: "partner",
  publicId: "4k2m9x7q1c8z",
  scopes: ["jobs:read", "jobs:write"],
  createdAt: "2026-01-31T12:00:00.000Z",
}));
const newPartnerKey = docsOnly(() => ({ ...partnerKey(), key: "cha_4k2m9x7q1c8z_…" }));

export const listKeys = contract("get", "/api/keys", () => ({
  operationId: "listKeys",
  scope: "keys:read",
  paged: { filters: ({ z }) => ({ status: z.enum(["active", "revoked"]) }) },
  docs: docsOnly(({ z }) => ({
    tag: "Keys",
    summary: "List the caller's keys, newest first",
    description: "Returns each key's public id, never the key itself. Revoked keys stay in the list.",
    fields: { status: "Only keys that are revoked, or only keys that are not. An expired key is `active`." },
    replies: { 200: z.array(Key()) },
    examples: { query: { status: "active" }, replies: { 200: [partnerKey()] } },
  })),
}));

export const createKey = contract("post", "/api/keys", () => ({
  operationId: "createKey",
  scope: "keys:write",
  idempotent: true,
  conditional: true,
  secret: true,
  body: {
    type: "json",
    schema: ({ z, text, atMost, futureTime }) =>
      z.strictObject({
        name: text(MAX_NAME),
        scopes: scopes({ z, atMost }),
        expiresAt: z.exactOptional(futureTime()),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Keys",
    summary: "Create a key",
    problems: ["quota_exceeded"],
    description:
      "Only this reply shows the key. A caller can give a key only scopes that the caller has. A replay by `Idempotency-Key` " +
      "returns the key's data without the key; if the key is lost, revoke it and create another.",
    fields: {
      name: "A name to distinguish the key from other keys.",
      scopes: "The scopes of the key. `*` grants every scope.",
      expiresAt: "The time when the key stops working. Default: never.",
    },
    replies: { 201: NewKey() },
    examples: {
      body: { name: partnerKey().name, scopes: partnerKey().scopes },
      replies: { 201: newPartnerKey() },
    },
  })),
}));

export const getKey = contract("get", "/api/keys/:id", () => ({
  operationId: "getKey",
  scope: "keys:read",
  conditional: true,
  params: keyRef(),
  docs: docsOnly(() => ({
    tag: "Keys",
    summary: "Fetch one key",
    description:
      "Returns what the list shows of the key, also of a revoked one. Another owner's key is 404, like a key that does not exist.",
    fields: { id: ID },
    replies: { 200: Key() },
    examples: { params: { id: partnerKey().id }, replies: { 200: partnerKey() } },
  })),
}));

export const updateKey = contract("patch", "/api/keys/:id", () => ({
  operationId: "updateKey",
  scope: "keys:write",
  conditional: true,
  params: keyRef(),
  body: {
    type: "json",
    schema: ({ z, text, atMost, futureTime }) =>
      z.strictObject({
        name: z.exactOptional(text(MAX_NAME)),
        scopes: z.exactOptional(scopes({ z, atMost })),
        expiresAt: z.exactOptional(z.nullable(futureTime())),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Keys",
    summary: "Change a key",
    problems: ["conflict"],
    description:
      "Changes the fields in the body; the key itself stays the same. An `expiresAt` of null removes the expiry. A caller can give a key " +
      "only scopes that the caller has. A key can change only itself and keys whose scopes it has; a token can change each of its " +
      "user's keys. A revoked or expired key is 409. The use of a key changes its `ETag`, at most once a minute.",
    fields: {
      id: ID,
      name: "A name to distinguish the key from other keys.",
      scopes: "The scopes of the key, which replace the present ones.",
      expiresAt: "The time when the key stops working; null for never.",
    },
    replies: { 200: Key() },
    examples: {
      params: { id: partnerKey().id },
      body: { scopes: partnerKey().scopes },
      replies: { 200: partnerKey() },
    },
  })),
}));

export const revokeKey = contract("delete", "/api/keys/:id", () => ({
  operationId: "revokeKey",
  scope: "keys:write",
  onItself: true,
  conditional: true,
  params: keyRef(),
  docs: docsOnly(() => ({
    tag: "Keys",
    summary: "Revoke a key",
    description:
      "The API refuses the key from the next request on. A key can revoke only keys whose scopes it has (403 names the missing scope), and " +
      "always itself, even without `keys:write`. A token can revoke each of its user's keys.",
    fields: { id: ID },
    replies: { 204: null },
    examples: { params: { id: partnerKey().id } },
  })),
}));

export const rotateKey = contract("post", "/api/keys/:id/rotate", () => ({
  operationId: "rotateKey",
  scope: "keys:write",
  secret: true,
  params: keyRef(),
  body: {
    type: "json",
    schema: ({ z, integer }) =>
      z.strictObject({
        overlapSeconds: z.exactOptional(integer(0, WEEK_SECONDS)),
      }),
    optional: true,
  },
  docs: docsOnly(() => ({
    tag: "Keys",
    summary: "Replace a key",
    problems: ["conflict", "quota_exceeded"],
    description:
      "Returns a new key with the same name, scopes and expiry. The old key works for `overlapSeconds` more. A key can rotate " +
      "only keys whose scopes it has; a token can rotate each of its user's keys.",
    fields: { id: ID, overlapSeconds: "Seconds for which the old key continues to work. Default: 0." },
    replies: { 200: NewKey() },
    examples: {
      params: { id: partnerKey().id },
      body: { overlapSeconds: 3600 },
      replies: { 200: newPartnerKey() },
    },
  })),
}));

const WEEK_SECONDS = 604_800;
