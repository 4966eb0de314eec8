import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { isNewer, type EventVersion } from "./eventVersion.lib";
import { fail } from "./failure.lib";
import { insertUser, userByClerkId, userByEmail, wasDeletedFromClerk } from "./users.lib";

/** A user as an event of Clerk describes one. */
export type ClerkUser = {
  clerkId: string;
  name: string;
  email?: string;
  emailVerified: boolean;
  version: EventVersion;
};

/**
 * Makes or changes the user of a Clerk id. A user who was known before Clerk knew it is joined by a verified email. An email
 * that another user holds fails the event, which can be replayed once that is sorted out.
 */
export async function applyClerkUser(ctx: MutationCtx, event: ClerkUser): Promise<null> {
  const { clerkId, name, version } = event;
  if (await wasDeletedFromClerk(ctx, clerkId)) return null;
  const known = await userByClerkId(ctx, clerkId);
  if (known && !isNewer(version, known.clerkVersion)) return null;
  const email = event.email ?? known?.email ?? `${clerkId}@no-email.invalid`;
  const user = known ?? (await joinable(ctx, event));
  const holder = await userByEmail(ctx, email);
  if (holder && holder._id !== user?._id) fail("conflict", `email: ${email} belongs to another user`);

  const fields = { clerkId, name: name === "" ? email : name, clerkVersion: version };
  if (!user) {
    await insertUser(ctx, { ...fields, email });
    return null;
  }
  const emailKey = email.toLowerCase();
  await ctx.db.patch("users", user._id, { ...fields, email, emailKey, revision: user.revision + 1 });
  return null;
}

/** The user who has the event's email and no Clerk id yet, where Clerk has verified the email. */
async function joinable(ctx: MutationCtx, event: ClerkUser): Promise<Doc<"users"> | null> {
  const holder = event.email === undefined ? null : await userByEmail(ctx, event.email);
  return holder && event.emailVerified && holder.clerkId === undefined ? holder : null;
}
