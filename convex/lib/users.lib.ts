import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { NEW_USER_SCOPES } from "./scopes.lib";
import { written } from "./written.lib";

/** The user who holds an email, in any letter case, or null. */
export function userByEmail(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_email", (q) => q.eq("emailKey", email.toLowerCase()))
    .unique();
}

/** The user of a Clerk id, or null. */
export function userByClerkId(ctx: QueryCtx, clerkId: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId))
    .unique();
}

/** True when a user of that Clerk id was deleted: nothing that comes late may bring it back. */
export async function wasDeletedFromClerk(ctx: QueryCtx, clerkId: string): Promise<boolean> {
  const deleted = ctx.db.query("deletedClerkUsers").withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId));
  return (await deleted.first()) !== null;
}

/** Writes a new user. That the email is free is for the caller to see to, in the same transaction. */
export async function insertUser(
  ctx: MutationCtx,
  user: Pick<Doc<"users">, "email" | "name" | "clerkId" | "clerkVersion" | "tokenIdentifier">,
): Promise<Doc<"users">> {
  const id = await ctx.db.insert("users", {
    ...user,
    emailKey: user.email.toLowerCase(),
    scopes: [...NEW_USER_SCOPES],
    revision: 1,
  });
  return written(ctx, "users", id);
}
