import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";
import type { EventVersion } from "../webhooks/event.lib";
import { isNewer } from "../webhooks/order.lib";
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
  /** Absent if Clerk has neither a name nor a username. */
  name?: string;
  email?: string;
  emailVerified: boolean;
  /** Absent if the event does not say it: the user stays as it is. */
  banned?: boolean;
  version: EventVersion;
};

/**
 * Creates or changes the user with a Clerk id. A verified email links the Clerk id to an existing user that no issuer has
 * claimed. Refuses with `conflict` if another user holds the email: replay the event when the conflict is resolved.
 */
export async function applyClerkUser(ctx: MutationCtx, event: ClerkUser): Promise<null> {
  const { clerkId, version } = event;
  if (await wasDeletedFromClerk(ctx, clerkId)) return null;
  const known = await userByClerkId(ctx, clerkId);
  if (known && !(await isNewer(ctx, "clerk", version, known.clerkVersion))) return null;
  const email = event.email ?? known?.email ?? placeholderEmail(clerkId);
  const isProved = event.email === undefined ? known?.emailVerified !== false : event.emailVerified;
  const holder = await userByEmail(ctx, email);
  const user = known ?? (holder && event.emailVerified && isUnclaimed(holder) ? holder : null);
  if (holder && holder._id !== user?._id) {
    if (!isProved || holder.emailVerified !== false) {
      if (known && event.banned) return suspend(ctx, known, version);
      fail("conflict", `email: ${email} belongs to another user`);
    }
    await releaseEmail(ctx, holder);
  }

  const fields = { clerkId, name: event.name ?? localPart(email), clerkVersion: version };
  if (!user) {
    await insertUser(ctx, {
      ...fields,
      email,
      ...(!isProved && { emailVerified: false }),
      ...(event.banned && { suspended: true }),
    });
    return null;
  }
  await changeUser(ctx, user, {
    ...fields,
    email,
    emailVerified: isProved ? undefined : false,
    ...(event.banned !== undefined && { suspended: event.banned ? true : undefined }),
  });
  return null;
}

/** A ban takes effect although the email of the event belongs to another user: a user must not escape a ban by an email. */
async function suspend(ctx: MutationCtx, user: Doc<"users">, clerkVersion: EventVersion): Promise<null> {
  await changeUser(ctx, user, { clerkVersion, suspended: true });
  return null;
}

const localPart = (email: string): string => email.slice(0, email.lastIndexOf("@"));
