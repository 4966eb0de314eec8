import type { GenericActionCtx } from "convex/server";
import type { Value } from "convex/values";
import { internal } from "../_generated/api";
import type { DataModel } from "../_generated/dataModel";
import { failureOf } from "./failure.lib";
import { parsed, textOf, type Idempotency, type Once } from "./idempotency.lib";

/**
 * Runs work outside the database, such as a call of another service, at most once for an idempotency key. No transaction can contain
 * such work. So the key is recorded before the work begins, and its outcome when it ends. A retry gets:
 *
 * - the result, if the work succeeded;
 * - the same failure, if the work refused with `fail`. The exception is `unavailable`, which says that nothing happened: the key
 *   becomes free, and the retry runs the work;
 * - 409 `conflict` with `Retry-After` while the work runs;
 * - 409 `outcome_unknown` if the work ended with an unexpected error, or did not end within `timeLimitMs`, for example because
 *   the server stopped. The work may have taken effect, so it is never repeated. If it ends later, a retry gets the result.
 *
 * Without a key, the work always runs. Call it in an internal action, so that the outcome is recorded although the client has left or
 * the request has timed out.
 *
 * A service that takes idempotency keys itself, such as Stripe, makes the work repeatable: give it a key that is derived from
 * `idempotency`.
 *
 * @param timeLimitMs The milliseconds within which the work ends, if it ends at all.
 * @param work Its result is stored as JSON for 24 hours. It must contain no secret.
 *
 * @example
 * export const order = internalAction({
 *   args: { sku: v.string(), ...idempotencyArg },
 *   returns: onceOf(v.object({ orderId: v.string() })),
 *   handler: (ctx, { sku, idempotency }) =>
 *     onceExternal(ctx, idempotency, { timeLimitMs: 60_000 }, () => orderFrom(supplier, sku)),
 * });
 */
export async function onceExternal<T extends Value>(
  ctx: Pick<GenericActionCtx<DataModel>, "runMutation">,
  request: Idempotency | undefined,
  { timeLimitMs }: { timeLimitMs: number },
  work: () => Promise<T>,
): Promise<Once<T>> {
  if (!request) return { result: await work(), replayed: false };
  const begun = await ctx.runMutation(internal.idempotency.begin, { request, timeLimitMs });
  // An earlier call of the same action stored the result, so it has the type `T`.
  if (begun.result !== undefined) return { result: parsed(begun.result) as T, replayed: true };
  const { id } = begun;
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.code === "unavailable") await ctx.runMutation(internal.idempotency.release, { id });
    else {
      const external = failure
        ? { kind: "failed" as const, failure: JSON.stringify(withoutReason(failure)) }
        : { kind: "unknown" as const };
      await ctx.runMutation(internal.idempotency.end, { id, outcome: { external } });
    }
    throw error;
  }
  await ctx.runMutation(internal.idempotency.end, { id, outcome: { result: textOf(result) } });
  return { result, replayed: false };
}

/** Removes the reason, which only the log of the first request needs. */
function withoutReason<T extends { reason?: string }>({ reason: _, ...failure }: T): Omit<T, "reason"> {
  return failure;
}
