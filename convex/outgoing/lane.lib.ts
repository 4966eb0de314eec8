/**
 * Lanes: the actions that send. A lane serves many endpoints at the same time, so a change that goes to 20 endpoints starts one action.
 * There are few lanes, because a small deployment of Convex runs eight scheduled functions at the same time, and other functions need
 * some of these places. Slow endpoints have lanes of their own, so they never delay the others.
 */
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

/** The most lanes for slow endpoints, and for all others. */
const LANES = 3;
/** Requests that a lane has in flight at the same time. Convex allows an action 1,000 operations at the same time. */
export const CAPACITY = 40;
/** Milliseconds after which an action that has not reported counts as dead. It reports at least every 16 seconds. */
const LEASE_MS = 60_000;
/** Milliseconds after which a lease is renewed. Not sooner, because the fan-out reads the lease, and would conflict with each change. */
const RENEW_MS = 15_000;
/** A lane that starts again within so many milliseconds is busy, unless it serves slow endpoints. */
const BUSY_MS = 1_000;

export type Lane = Doc<"webhookLanes">;

/** Knows which lanes have a living action. It reads each lane at most once in a transaction. */
export class Lanes {
  private readonly alive = new Map<Id<"webhookLanes">, boolean>();

  constructor(private readonly ctx: MutationCtx) {}

  /** Returns whether a lane serves the queue now. */
  async serves({ state, lane }: Doc<"webhookSenders">): Promise<boolean> {
    if (state !== "running" || lane === undefined) return false;
    const known = this.alive.get(lane);
    if (known !== undefined) return known;
    const found = await this.ctx.db.get("webhookLanes", lane);
    return found !== null && this.isAlive(found);
  }

  /**
   * Starts a lane, unless one of its kind runs.
   *
   * @param another Starts one even if others run, because these are full. At most `LANES` run.
   */
  async start(slow: boolean, another = false): Promise<void> {
    const lanes = await this.ctx.db
      .query("webhookLanes")
      .withIndex("by_slow", (q) => q.eq("slow", slow))
      .take(LANES);
    let resting: Lane | undefined;
    for (const lane of lanes) {
      if (!(await this.isAlive(lane))) resting ??= lane;
      else if (!another) return;
    }
    if (!resting && lanes.length === LANES) return;
    const laneId = resting?._id ?? (await this.ctx.db.insert("webhookLanes", { slow, run: 0 }));
    const run = (resting?.run ?? 0) + 1;
    if (resting?.job !== undefined) await this.release(laneId);
    const job = await this.ctx.scheduler.runAfter(0, internal.outgoing.send.run, { laneId, run });
    const rest = Date.now() - (resting?.restedAt ?? 0);
    const busy = !slow && rest > 0 && rest < BUSY_MS;
    await this.ctx.db.patch("webhookLanes", laneId, { run, job, busy, leaseEndsAt: Date.now() + LEASE_MS });
    this.alive.set(laneId, true);
  }

  /**
   * Returns whether the action of a lane runs or is about to run. A crash fails the scheduled function of an action, and the lease
   * ends if the action hangs. A lease that ends later than a new one would was made before the clock was set back, so it counts as
   * ended.
   */
  private async isAlive({ _id, job, leaseEndsAt }: Lane): Promise<boolean> {
    const known = this.alive.get(_id);
    if (known !== undefined) return known;
    const left = (leaseEndsAt ?? 0) - Date.now();
    const scheduled =
      job !== undefined && left > 0 && left <= LEASE_MS
        ? await this.ctx.db.system.get("_scheduled_functions", job)
        : null;
    const alive = scheduled?.state.kind === "pending" || scheduled?.state.kind === "inProgress";
    this.alive.set(_id, alive);
    return alive;
  }

  /** Lets the queues wait that a dead action was serving. */
  private async release(laneId: Id<"webhookLanes">): Promise<void> {
    for (const slow of [false, true]) {
      const running = await this.ctx.db
        .query("webhookSenders")
        .withIndex("by_state", (q) => q.eq("state", "running").eq("slow", slow))
        .collect();
      for (const { _id, lane } of running)
        if (lane === laneId)
          await this.ctx.db.patch("webhookSenders", _id, {
            state: "waiting",
            lane: undefined,
            dueAt: Date.now(),
          });
    }
  }
}

/** Lets a lane rest, because its action ends. */
export const rest = (ctx: MutationCtx, { _id }: Lane): Promise<void> =>
  ctx.db.patch("webhookLanes", _id, { job: undefined, leaseEndsAt: undefined, restedAt: Date.now() });

/** Prolongs the lease of a lane whose action has reported. */
export async function renew(ctx: MutationCtx, { _id, leaseEndsAt = 0 }: Lane): Promise<void> {
  const end = Date.now() + LEASE_MS;
  if (leaseEndsAt > end || leaseEndsAt < end - RENEW_MS)
    await ctx.db.patch("webhookLanes", _id, { leaseEndsAt: end });
}
