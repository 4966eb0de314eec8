import type { MutationCtx } from "../_generated/server";
import { foldEmail } from "./email.lib";
import { isNewer, type EventVersion } from "./eventVersion.lib";
import { fail } from "./failure.lib";
import {
  giveUpEmail,
  insertUser,
  isJoinable,
  noEmail,
  userByClerkId,
  userByEmail,
  wasDeletedFromClerk,
} from "./users.lib";

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
  const email = event.email ?? known?.email ?? noEmail(clerkId);
  const isProved = event.email === undefined ? known?.emailVerified !== false : event.emailVerified;
  const holder = await userByEmail(ctx, email);
  const user = known ?? (holder && event.emailVerified && isJoinable(holder) ? holder : null);
  if (holder && holder._id !== user?._id) {
    if (!isProved || holder.emailVerified !== false) {
      fail("conflict", `email: ${email} belongs to another user`);
    }
    await giveUpEmail(ctx, holder);
  }

  const fields = { clerkId, name: name === "" ? email : name, clerkVersion: version };
  if (!user) {
    await insertUser(ctx, { ...fields, email, ...(!isProved && { emailVerified: false }) });
    return null;
  }
  const emailKey = foldEmail(email);
  const emailVerified = isProved ? undefined : false;
  const revision = user.revision + 1;
  await ctx.db.patch("users", user._id, { ...fields, email, emailKey, emailVerified, revision });
  return null;
}
