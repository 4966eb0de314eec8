import type { MutationCtx } from "../_generated/server";
import { recordAct, type Actor } from "../lib/audit.lib";
import { localPart } from "../lib/email.lib";
import { fail } from "../lib/failure.lib";
import type { EventVersion } from "../webhooks/event.lib";
import { isNewer } from "../webhooks/order.lib";
import {
  changeAccess,
  releaseEmail,
  insertUser,
  isUnclaimed,
  placeholderEmail,
  userByClerkId,
  userByEmail,
  wasDeletedFromClerk,
} from "./users.lib";

/** A user as a Clerk event describes it. */
export type ClerkUser = {
  clerkId: string;
  /** Absent if Clerk has neither a name nor a username. */
  name?: string;
  email?: string;
  emailVerified: boolean;
  /** Absent if the event does not contain it. The stored state then stays unchanged. */
  banned?: boolean;
  version: EventVersion;
};

/**
 * Creates or changes the user with a Clerk id. A verified email links the Clerk id to an existing user that no issuer has
 * claimed. Refuses with `conflict` if another user has the email. An operator resolves the conflict and replays the event.
 */
export async function applyClerkUser(ctx: MutationCtx, event: ClerkUser, by: Actor): Promise<null> {
  const { clerkId, version } = event;
  if (await wasDeletedFromClerk(ctx, clerkId)) return null;
  const known = await userByClerkId(ctx, clerkId);
  if (known && !(await isNewer(ctx, "clerk", version, known.clerkVersion))) return null;
  const email = event.email ?? known?.email ?? placeholderEmail(clerkId);
  const isVerified = event.email === undefined ? known?.emailVerified !== false : event.emailVerified;
  const holder = await userByEmail(ctx, email);
  const user = known ?? (holder && event.emailVerified && isUnclaimed(holder) ? holder : null);
  if (holder && holder._id !== user?._id) {
    if (!isVerified || holder.emailVerified !== false) {
      // A user must not escape a ban by taking the email of another user.
      if (known && event.banned) {
        await changeAccess(ctx, known, { clerkVersion: version, suspended: true }, by);
        return null;
      }
      fail("conflict", `email: ${email} belongs to another user`);
    }
    await releaseEmail(ctx, holder);
  }

  const fields = { clerkId, name: event.name ?? localPart(email), clerkVersion: version };
  if (!user) {
    const inserted = await insertUser(ctx, {
      ...fields,
      email,
      ...(!isVerified && { emailVerified: false }),
      ...(event.banned && { suspended: true }),
    });
    if (event.banned) await recordAct(ctx, "user.suspended", inserted._id, by);
    return null;
  }
  const access = event.banned === undefined ? {} : { suspended: event.banned ? (true as const) : undefined };
  const emailVerified = isVerified ? undefined : (false as const);
  await changeAccess(ctx, user, { ...fields, ...access, email, emailVerified }, by);
  return null;
}
