import { documented } from "#documented";
import * as z from "zod/mini";
import { GRANTS } from "../../identity/scopes.lib";
import { contract } from "../kit/contract.kit";
import { atMost, futureTime, id, integer, text, time } from "../kit/fields.kit";

const shape = documented(() => ({
  id: z.string(),
  name: z.string(),
  publicId: z.string(),
  scopes: z.array(z.string()),
  createdAt: time(),
  expiresAt: z.exactOptional(time()),
  lastUsedAt: z.exactOptional(time()),
  revokedAt: z.exactOptional(time()),
}));

export const Key = documented(({ named }) => named("Key", z.object(shape())));

/** A key with its secret, which is shown this once. A replay of its creation has it no more. */
export const NewKey = documented(({ named }) =>
  named("NewKey", z.object({ ...shape(), key: z.exactOptional(z.string()) })),
);

const keyRef = () => ({ id: id() });

export const partnerKey = documented(() => ({
  id: "m17a0q9v3s1x8w6t4r0pzc5m7h6b",
  name: "partner",
  publicId: "4k2m9x7q1c8z",
  scopes: ["items:read", "items:write"],
  createdAt: "2026-01-31T12:00:00.000Z",
}));
const newPartnerKey = documented(() => ({ ...partnerKey(), key: "cha_4k2m9x7q1c8z_…" }));

export const listKeys = contract("get", "/api/keys", () => ({
  operationId: "listKeys",
  scope: "keys:read",
  paged: true,
  replies: documented(() => ({ 200: z.array(Key()) })),
  docs: documented(() => ({
    tag: "Keys",
    summary: "List the caller's keys, newest first",
    description: "Shows each key's public id, never the key. Revoked keys stay in the list.",
    examples: { replies: { 200: [partnerKey()] } },
  })),
}));

export const createKey = contract("post", "/api/keys", () => ({
  operationId: "createKey",
  scope: "keys:write",
  idempotent: true,
  secret: true,
  body: z.strictObject({
    name: text(200),
    scopes: z.array(z.enum(GRANTS)).check(z.minLength(1), atMost(GRANTS.length)),
    expiresAt: z.exactOptional(futureTime()),
  }),
  replies: documented(() => ({ 201: NewKey() })),
  docs: documented(() => ({
    tag: "Keys",
    summary: "Create a key",
    description:
      "The key is shown in this reply and never again. A caller can hand out only scopes that it " +
      "has itself. A replay by `Idempotency-Key` answers the key's data without the key; if that got lost, revoke it.",
    examples: {
      body: { name: partnerKey().name, scopes: partnerKey().scopes },
      replies: { 201: newPartnerKey() },
    },
  })),
}));

export const revokeKey = contract("delete", "/api/keys/:id", () => ({
  operationId: "revokeKey",
  scope: "keys:write",
  onItself: true,
  params: keyRef(),
  replies: documented(() => ({ 204: null })),
  docs: documented(() => ({
    tag: "Keys",
    summary: "Revoke a key",
    description:
      "The key is refused from this moment on. A key can revoke only keys whose scopes it has itself (403 names the one " +
      "that it lacks), and always itself, even without `keys:write`. A token can revoke each of its user's keys.",
    examples: { params: { id: partnerKey().id } },
  })),
}));

export const rotateKey = contract("post", "/api/keys/:id/rotate", () => ({
  operationId: "rotateKey",
  scope: "keys:write",
  secret: true,
  params: keyRef(),
  body: z.strictObject({
    overlapSeconds: z.exactOptional(integer(0, WEEK_SECONDS)),
  }),
  bodyOptional: true,
  replies: documented(() => ({ 200: NewKey() })),
  docs: documented(() => ({
    tag: "Keys",
    summary: "Replace a key",
    problems: ["conflict"],
    description:
      "Answers a new key with the same name, scopes and expiry. The old one works for `overlapSeconds` more (0 unless " +
      "given). A key can rotate only keys whose scopes it has itself, a token each of its user's keys.",
    examples: {
      params: { id: partnerKey().id },
      body: { overlapSeconds: 3600 },
      replies: { 200: newPartnerKey() },
    },
  })),
}));

const WEEK_SECONDS = 604_800;
