/** Makes one delivery of each event for each endpoint that subscribes to it, in bounded batches. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { internalMutation, type MutationCtx } from "../_generated/server";
import { readPage, within, type Page } from "../lib/page.lib";
import { subscribes } from "./eventTypes.lib";
import { insertDelivery } from "./delivery.lib";
import { disableEndpoint } from "./endpoint.lib";
import { senderOf, wakeUp, type Sender } from "./sender.lib";
import { Viewer } from "./viewer.lib";

/** The most events and deliveries of one transaction. Both are far below Convex's limits. */
const EVENTS = 100;
const DELIVERIES = 500;
/** Endpoints that one event reads in a transaction. */
const ENDPOINTS = 100;
/** The pending deliveries at which an endpoint is disabled. */
const MAX_PENDING = 10_000;

export const run = internalMutation({
  args: { batch: v.string() },
  returns: v.null(),
  handler: async (ctx, { batch }) => {
    const events = await ctx.db
      .query("outgoingEvents")
      .withIndex("by_batch", (q) => q.eq("batch", batch))
      .take(EVENTS);
    const fanOut = new FanOut(ctx);
    let isDone = events.length < EVENTS;
    for (const event of events) isDone = (await fanOut.add(event)) && isDone;
    await fanOut.end();
    if (!isDone) await ctx.scheduler.runAfter(0, internal.outgoing.fanOut.run, { batch });
    return null;
  },
});

/** The fan-out of one transaction. */
class FanOut {
  private readonly viewer: Viewer;
  private readonly queues = new Map<Id<"webhookEndpoints">, { sender: Sender; added: number }>();
  private readonly own = new Map<Id<"users">, Page<Doc<"webhookEndpoints">>>();
  private left = DELIVERIES;

  constructor(private readonly ctx: MutationCtx) {
    this.viewer = new Viewer(ctx);
  }

  /** Adds the deliveries of an event, as far as the limit allows. Returns whether it has added all. */
  async add(event: Doc<"outgoingEvents">): Promise<boolean> {
    if (this.left <= 0) return false;
    const { docs, next } = await this.page(event);
    for (const endpoint of docs) await this.deliver(event, endpoint);
    this.left -= 1;
    await this.ctx.db.patch(
      "outgoingEvents",
      event._id,
      next ? { after: next } : { batch: undefined, dueAt: undefined, after: undefined },
    );
    return next === undefined;
  }

  /** Counts the deliveries and starts the queues. */
  async end(): Promise<void> {
    await wakeUp(this.ctx, this.queues.values());
  }

  private async deliver(event: Doc<"outgoingEvents">, endpoint: Doc<"webhookEndpoints">): Promise<void> {
    if (!endpoint.enabled || !subscribes(endpoint.events, event.type)) return;
    const view = await this.viewer.view(endpoint);
    if (view.is === "ended" || (view.is === "open" && !view.allows(event.type))) return;
    const queue = this.queues.get(endpoint._id) ?? {
      sender: await senderOf(this.ctx, endpoint._id),
      added: 0,
    };
    if (queue.sender.pending + queue.added >= MAX_PENDING) {
      await this.disable(endpoint, queue);
      return;
    }
    await insertDelivery(this.ctx, endpoint, event);
    queue.added += 1;
    this.queues.set(endpoint._id, queue);
    this.left -= 1;
  }

  /** Disables an endpoint that has too many pending deliveries. */
  private async disable(
    endpoint: Doc<"webhookEndpoints">,
    { sender: { _id, pending }, added }: { sender: Sender; added: number },
  ): Promise<void> {
    this.queues.delete(endpoint._id);
    await this.ctx.db.patch("webhookSenders", _id, { pending: pending + added });
    await disableEndpoint(this.ctx, endpoint, `${MAX_PENDING} deliveries were pending`);
    // The next event may find the same document in `own`.
    endpoint.enabled = false;
  }

  /** Returns a page of the enabled endpoints that the event may be for. Several events of an owner read the first page once. */
  private async page({ ownerId, after }: Doc<"outgoingEvents">): Promise<Page<Doc<"webhookEndpoints">>> {
    const known = ownerId && !after ? this.own.get(ownerId) : undefined;
    if (known) return known;
    const found = await readPage({ limit: ENDPOINTS, ...(after && { after }) }, (range) => {
      const endpoints = this.ctx.db.query("webhookEndpoints");
      return ownerId === undefined
        ? endpoints.withIndex("by_deployment", (q) =>
            within(q.eq("deployment", true).eq("enabled", true), range),
          )
        : endpoints.withIndex("by_owner_and_enabled", (q) =>
            within(q.eq("ownerId", ownerId).eq("enabled", true), range),
          );
    });
    if (ownerId && !after) this.own.set(ownerId, found);
    return found;
  }
}
