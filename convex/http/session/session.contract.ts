import { documented } from "#documented";
import * as z from "zod/mini";
import { partnerKey } from "../keys/keys.contract";
import { GRANTS } from "../../identity/scopes.lib";
import { contract } from "../kit/contract.kit";
import { time } from "../kit/fields.kit";
import { ada, User } from "../users/users.contract";

/** An API key as its holder sees it. */
export const KeyInfo = documented(({ named }) =>
  named(
    "KeyInfo",
    z.object({
      id: z.string(),
      name: z.string(),
      scopes: z.array(z.string()).check(z.maxLength(GRANTS.length)),
      owner: User(),
      expiresAt: z.exactOptional(time()),
    }),
    {
      id: "The key's id.",
      name: "The key's name.",
      scopes: "The scopes that the key carries.",
      expiresAt: "The time when the key stops working, if it has one.",
    },
  ),
);

export const getProtected = contract("get", "/api/protected", () => ({
  operationId: "getProtected",
  scope: "any",
  credential: "x-api-key",
  replies: documented(() => ({ 200: KeyInfo() })),
  docs: documented(() => ({
    tag: "Session",
    summary: "Show the calling key",
    description: "Returns the key in `X-API-Key`, with its scopes and its owner.",
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
    summary: "Show the calling user",
    description:
      "Returns the user of the credential in `Authorization: Bearer`: the token's user, or the key's owner.",
    examples: { replies: { 200: ada() } },
  })),
}));
