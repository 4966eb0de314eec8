/** Records the results of attempts: on the delivery, on the queue of its endpoint, and on the endpoint. */
import { v, type Infer } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { withAttempt } from "./delivery.lib";
import { disableEndpoint } from "./endpoint.lib";
import { nextWait } from "./retry.lib";
import { senderOf, type Sender } from "./sender.lib";
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
const MOST_FAILING_MS = 5 * 24 * 60 * 60 * 1000;
/** It must also have failed this often: one failure before an outage of the API itself, or before its clock jumped, says little. */
const FEWEST_FAILURES = 5;
/** An attempt that takes longer, in milliseconds, makes its endpoint slow. */
const SLOW_MS = 2_000;

/** Records the outcomes of one batch. Returns the queue as it is afterwards. */
export async function recordOutcomes(
  ctx: MutationCtx,
  endpoint: Doc<"webhookEndpoints">,
  outcomes: readonly Outcome[],
): Promise<Sender> {
  const sender = await senderOf(ctx, endpoint._id);
  let { pending, failures, failingSince, slow } = sender;
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
  await ctx.db.patch("webhookSenders", sender._id, changed);
  if (gone) await disableEndpoint(ctx, endpoint, "The address replied 410: it is gone");
  else if (
    failures >= FEWEST_FAILURES &&
    failingSince !== undefined &&
    Date.now() - failingSince >= MOST_FAILING_MS
  )
    await disableEndpoint(ctx, endpoint, "No delivery has succeeded for five days");
  return senderOf(ctx, endpoint._id);
}
