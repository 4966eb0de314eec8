import { documented } from "#documented";
import * as z from "zod/mini";
import { partnerKey } from "../keys/keys.contract";
import { contract } from "../kit/contract.kit";
import { time } from "../kit/fields.kit";
import { ada, User } from "../users/users.contract";

/** What a credential is allowed, and whose it is. */
export const KeyInfo = documented(({ named }) =>
  named(
    "KeyInfo",
    z.object({
      id: z.string(),
      name: z.string(),
      scopes: z.array(z.string()),
      owner: User(),
      expiresAt: z.exactOptional(time()),
    }),
  ),
);

export const getProtected = contract("get", "/api/protected", () => ({
  operationId: "getProtected",
  scope: "any",
  credential: "x-api-key",
  replies: documented(() => ({ 200: KeyInfo() })),
  docs: documented(() => ({
    tag: "Session",
    summary: "Show what the calling key is",
    description: "Takes any valid key, in `X-API-Key`.",
    examples: {
      replies: {
        200: { id: partnerKey().id, name: partnerKey().name, scopes: partnerKey().scopes, owner: ada() },
      },
    },
  })),
}));

export const getCurrentUser = contract("get", "/api/user", () => ({
  operationId: "getCurrentUser",
  scope: "any",
  credential: "authorization",
  conditional: true,
  replies: documented(() => ({ 200: User() })),
  docs: documented(() => ({
    tag: "Session",
    summary: "Show who is calling",
    description: "Takes any valid credential, in `Authorization: Bearer`. Of a key it shows the owner.",
    examples: { replies: { 200: ada() } },
  })),
}));
