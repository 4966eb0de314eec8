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

/** Writes a new user. That the email is free is for the caller to see to, in the same transaction. */
export async function insertUser(
  ctx: MutationCtx,
  user: { email: string; name: string; clerkId?: string },
): Promise<Doc<"users">> {
  const id = await ctx.db.insert("users", {
    ...user,
    emailKey: user.email.toLowerCase(),
    scopes: [...NEW_USER_SCOPES],
    revision: 1,
  });
  return written(ctx, "users", id);
}
