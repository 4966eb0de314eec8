/** The audit log: who changed credentials, endpoints and the rights of users. */
import { v, type Infer } from "convex/values";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { Caller } from "../identity/caller.lib";

/**
 * The actor of an act: a credential (`key:ID` or `user:ID`), `operator` for `npx convex run`, or `webhook:SOURCE`. The request
 * id is absent outside of requests.
 */
const actor = v.object({ name: v.string(), requestId: v.optional(v.string()) });

export type Actor = Infer<typeof actor>;

/** The argument of a function that a request, an operator or a webhook calls. Absent for an operator. */
export const byArg = { by: v.optional(actor) };

export const OPERATOR: Actor = { name: "operator" };

/** Returns the actor of a request. */
export const actorOf = ({ credential, requestId }: Caller): Actor => ({
  name: credential,
  ...(requestId !== undefined && { requestId }),
});

/** Every act that the log records. The part before the dot names the kind of the target. */
export const ACTS = [
  "key.created",
  "key.updated",
  "key.rotated",
  "key.revoked",
  "endpoint.created",
  "endpoint.updated",
  "endpoint.secret_rotated",
  "endpoint.deleted",
  "user.scopes_changed",
  "user.suspended",
  "user.reinstated",
  "user.deleted",
] as const;

export type Act = (typeof ACTS)[number];

type Target = { key: Id<"apiKeys">; endpoint: Id<"webhookEndpoints">; user: Id<"users"> };
type TargetOf<A extends Act> = A extends `${infer Kind extends keyof Target}.${string}`
  ? Target[Kind]
  : never;

/** Records an act. Call it in the transaction of the act, so that the row exists if and only if the act happened. */
export async function recordAct<A extends Act>(
  ctx: MutationCtx,
  action: A,
  target: TargetOf<A>,
  { name, requestId }: Actor,
): Promise<void> {
  await ctx.db.insert("auditEvents", {
    actor: name,
    action,
    target: `${action.slice(0, action.indexOf("."))}:${target}`,
    ...(requestId !== undefined && { requestId }),
  });
}
