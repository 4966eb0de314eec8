import type { FieldSchemas, Outputs } from "./kit/contract.kit";

/**
 * The claims of tokens that handlers may read, beside the identity: this is the only place that declares them. A route whose contract
 * has `claims: true` gets them, validated, in `c.var.caller.claims`. A token whose claims do not fit is refused (403).
 *
 * The names are those that `ctx.auth.getUserIdentity()` gives: a claim of the token keeps its name, except standard claims such as
 * `given_name` (`givenName`). The two claims here are those of Clerk's organizations, if its JWT template has them.
 *
 * @example
 * org_role: z.exactOptional(z.enum(["admin", "member"])),
 */
export const tokenClaims = ({ z }: FieldSchemas) => ({
  org_id: z.exactOptional(z.string()),
  org_role: z.exactOptional(z.string()),
});

export type TokenClaims = Outputs<typeof tokenClaims>;
