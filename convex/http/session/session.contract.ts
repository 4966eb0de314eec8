import { docsOnly } from "#docsOnly";
import { partnerKey } from "../keys/keys.contract";
import { GRANTS } from "../../identity/scopes.lib";
import { contract } from "../kit/contract.kit";
import { ada, User } from "../users/users.contract";

/** An API key as its holder sees it. */
export const KeyInfo = docsOnly(({ named, z, time }) =>
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
      owner: "The user to whom the key belongs.",
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
  docs: docsOnly(() => ({
    tag: "Session",
    summary: "Show the calling key",
    description: "Returns the key in `X-API-Key`, with its scopes and its owner.",
    replies: { 200: KeyInfo() },
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
  docs: docsOnly(() => ({
    tag: "Session",
    summary: "Show the calling user",
    description:
      "Returns the user of the credential in `Authorization: Bearer`: the token's user, or the key's owner.",
    replies: { 200: User() },
    examples: { replies: { 200: ada() } },
  })),
}));
