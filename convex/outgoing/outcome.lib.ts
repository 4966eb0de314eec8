/** Records the results of attempts: on the delivery, on the queue of its endpoint, and on the endpoint. */
import { v, type Infer } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { withAttempt } from "./delivery.lib";
import { disableEndpoint } from "./endpoint.lib";
import { nextWait } from "./retry.lib";
import type { Sender } from "./sender.lib";
import { attempt } from "./tables.lib";

/** The result of one attempt to send. */
export const outcome = v.object({
  deliveryId: v.id("webhookDeliveries"),
  /** The `tries` of the delivery when the attempt began. An outcome with another number is too late. */
  tries: v.number(),
  attempt,
  /** True for a reply with a 2xx status. */
  succeeded: v.boolean(),
  reply: v.optional(v.string()),
  retryAfterMs: v.optional(v.number()),
});

export type Outcome = Infer<typeof outcome>;

/** An endpoint without a success for this long is disabled, in milliseconds. */
const MAX_FAILING_MS = 5 * 24 * 60 * 60 * 1000;
/** It must also have failed this often: one failure before an outage of the API itself, or before its clock jumped, says little. */
const MIN_FAILURES = 5;
/** An attempt that takes longer, in milliseconds, makes its endpoint slow. */
const SLOW_MS = 2_000;

/** The figures of a queue that outcomes change. */
export interface Figures {
  readonly pending: number;
  readonly failures: number;
  readonly failingSince: number | undefined;
  readonly slow: boolean;
}

export const figuresOf = ({ pending, failures, failingSince, slow }: Sender): Figures => ({
  pending,
  failures,
  failingSince,
  slow,
});

/**
 * Records outcomes on the deliveries, and on the endpoint if it must be disabled.
 *
 * @returns the new figures of the queue, which the caller writes, or null if the endpoint was disabled.
 */
export async function recordOutcomes(
  ctx: MutationCtx,
  endpoint: Doc<"webhookEndpoints">,
  sender: Sender,
  outcomes: readonly Outcome[],
): Promise<Figures | null> {
  let { pending, failures, failingSince, slow } = figuresOf(sender);
  let gone = false;
  for (const { deliveryId, tries, attempt: made, succeeded, reply, retryAfterMs } of outcomes) {
    const delivery = await ctx.db.get("webhookDeliveries", deliveryId);
    if (delivery?.status !== "pending" || delivery.tries !== tries) continue;
    const wait = succeeded ? undefined : nextWait(tries + 1, retryAfterMs);
    await ctx.db.patch("webhookDeliveries", deliveryId, {
      status: succeeded ? "succeeded" : wait === undefined ? "failed" : "pending",
      attempts: withAttempt(delivery, made),
      tries: tries + 1,
      nextAttemptAt: wait === undefined ? undefined : Date.now() + wait,
      lastReply: reply,
      revision: delivery.revision + 1,
    });
    if (succeeded || wait === undefined) pending -= 1;
    if (succeeded) {
      failures = 0;
      failingSince = undefined;
    } else {
      failures += 1;
      failingSince ??= made.at;
    }
    slow = !succeeded || made.durationMs > SLOW_MS;
    gone ||= made.status === 410;
  }
  const changed = { pending: Math.max(0, pending), failures, failingSince, slow };
  const reason = gone
    ? "The address replied 410: it is gone"
    : failures >= MIN_FAILURES && failingSince !== undefined && Date.now() - failingSince >= MAX_FAILING_MS
      ? "No delivery has succeeded for five days"
      : undefined;
  if (reason === undefined || !endpoint.enabled) return changed;
  await ctx.db.patch("webhookSenders", sender._id, { pending: changed.pending, slow });
  await disableEndpoint(ctx, endpoint, reason);
  return null;
}
