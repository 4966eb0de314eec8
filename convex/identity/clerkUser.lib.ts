import type { MutationCtx } from "../_generated/server";
import { isNewer, type EventVersion } from "../webhooks/event.lib";
import { fail } from "../lib/failure.lib";
import {
  changeUser,
  releaseEmail,
  insertUser,
  isUnclaimed,
  placeholderEmail,
  userByClerkId,
  userByEmail,
  wasDeletedFromClerk,
} from "./users.lib";

/** A user as described by an event of Clerk. */
export type ClerkUser = {
  clerkId: string;
  name: string;
  email?: string;
  emailVerified: boolean;
  version: EventVersion;
};

/**
 * Creates or changes the user with a Clerk id. A verified email links the Clerk id to an existing user that no issuer has
 * claimed. Refuses with `conflict` if another user holds the email: replay the event when the conflict is resolved.
 */
export async function applyClerkUser(ctx: MutationCtx, event: ClerkUser): Promise<null> {
  const { clerkId, name, version } = event;
  if (await wasDeletedFromClerk(ctx, clerkId)) return null;
  const known = await userByClerkId(ctx, clerkId);
  if (known && !isNewer(version, known.clerkVersion)) return null;
  const email = event.email ?? known?.email ?? placeholderEmail(clerkId);
  const isProved = event.email === undefined ? known?.emailVerified !== false : event.emailVerified;
  const holder = await userByEmail(ctx, email);
  const user = known ?? (holder && event.emailVerified && isUnclaimed(holder) ? holder : null);
  if (holder && holder._id !== user?._id) {
    if (!isProved || holder.emailVerified !== false) {
      fail("conflict", `email: ${email} belongs to another user`);
    }
    await releaseEmail(ctx, holder);
  }

  const fields = { clerkId, name: name === "" ? email : name, clerkVersion: version };
  if (!user) {
    await insertUser(ctx, { ...fields, email, ...(!isProved && { emailVerified: false }) });
    return null;
  }
  await changeUser(ctx, user, { ...fields, email, emailVerified: isProved ? undefined : false });
  return null;
}
