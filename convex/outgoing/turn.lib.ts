/**
 * A turn of a lane: one transaction that records what its action has sent, and decides what the action sends now.
 *
 * The action knows which deliveries it is sending, so a delivery needs no write before it is sent. Only the queue is marked as running,
 * which keeps other lanes away from it.
 */
import { v, type Infer } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { bodyOf, failDelivery } from "./delivery.lib";
import { disableEndpoint } from "./endpoint.lib";
import { CAPACITY, type Lane } from "./lane.lib";
import { figuresOf, outcome, recordOutcomes, type Figures } from "./outcome.lib";
import { findSender, type Sender } from "./sender.lib";
import { Viewer, type View } from "./viewer.lib";

/** Deliveries that one endpoint gets at the same time. */
const AT_A_TIME = 6;
/** Due deliveries that a turn examines for each endpoint if some may no longer be sent. */
const EXAMINED = 50;
/** Characters of the bodies in flight, unless a single one is longer. An action of Convex has 64 MiB of memory. */
const MAX_CHARACTERS = 2_000_000;
/** Milliseconds until the queue of a suspended owner is examined again. */
const PAUSE_MS = 5 * 60_000;
/** The sweep runs once a minute. A delivery that is due sooner is scheduled. */
const SOON_MS = 60_000;

const PURGED = "Not sent: the event was purged";
const NOT_ALLOWED = "Not sent: the owner, or the key that made the endpoint, no longer has the scope";

/** The outcomes of an action's requests to an endpoint since its last turn, and the deliveries that it is still sending. */
export const served = v.object({
  endpointId: v.id("webhookEndpoints"),
  outcomes: v.array(outcome),
  sending: v.array(v.id("webhookDeliveries")),
});

/** The requests that an action begins now. */
export const batch = v.object({
  endpoints: v.array(
    v.object({ endpointId: v.id("webhookEndpoints"), url: v.string(), secrets: v.array(v.string()) }),
  ),
  events: v.array(v.object({ eventId: v.id("outgoingEvents"), body: v.string() })),
  deliveries: v.array(
    v.object({
      deliveryId: v.id("webhookDeliveries"),
      endpointId: v.id("webhookEndpoints"),
      eventId: v.id("outgoingEvents"),
      tries: v.number(),
    }),
  ),
  /** Milliseconds after which the action takes a turn even if no request has ended. Absent if it must wait for one. */
  pollMs: v.optional(v.number()),
  /** Milliseconds after which the action takes its next turn, no sooner. Absent if it need not collect outcomes and events. */
  paceMs: v.optional(v.number()),
});

export type Batch = Infer<typeof batch>;

/** A queue during a turn. */
interface Queue {
  readonly endpoint: Doc<"webhookEndpoints">;
  readonly sender: Sender;
  /** The figures after the turn. They are not written yet. */
  figures: Figures;
  /** The deliveries that the action is sending or begins to send. */
  readonly sending: Set<Id<"webhookDeliveries">>;
  /** The time at which the queue is examined again, even if deliveries are due sooner. */
  restUntil?: number;
}

export class Turn {
  readonly endpoints: Batch["endpoints"] = [];
  readonly deliveries: Batch["deliveries"] = [];
  /** Requests that the lane can begin. */
  free = CAPACITY;
  private readonly bodies = new Map<Id<"outgoingEvents">, string | null>();
  private readonly viewer: Viewer;
  private readonly queues: Queue[] = [];

  /**
   * @param lane The lane if the action still has it. Otherwise the turn only records outcomes.
   * @param characters Those of the bodies in flight.
   */
  constructor(
    private readonly ctx: MutationCtx,
    private readonly lane: Lane | null,
    private characters: number,
  ) {
    this.viewer = new Viewer(ctx);
  }

  /** The bodies of the deliveries, each event once. */
  get events(): Batch["events"] {
    return [...this.bodies].flatMap(([eventId, body]) => (body === null ? [] : { eventId, body }));
  }

  /** Whether the action is sending something, or begins to. */
  get isSending(): boolean {
    return this.queues.some(({ sending }) => sending.size > 0);
  }

  /** Records outcomes. A queue that is no longer the lane's keeps its state. */
  async record({ endpointId, outcomes, sending }: Infer<typeof served>): Promise<void> {
    this.free -= sending.length;
    const endpoint = await this.ctx.db.get("webhookEndpoints", endpointId);
    const sender = endpoint && (await findSender(this.ctx, endpointId));
    if (!sender) return;
    const figures = await recordOutcomes(this.ctx, endpoint, sender, outcomes);
    if (figures === null) return;
    if (this.lane && sender.state === "running" && sender.lane === this.lane._id) {
      this.queues.push({ endpoint, sender, figures, sending: new Set(sending) });
    } else {
      await this.ctx.db.patch("webhookSenders", sender._id, { ...figures });
    }
  }

  /** Takes deliveries of queues that wait, the longest waiting first, and then of those that the lane already serves. */
  async take(): Promise<void> {
    if (!this.lane) return;
    if (this.characters >= MAX_CHARACTERS) this.free = 0;
    const own = [...this.queues];
    const { slow } = this.lane;
    const waiting =
      this.free > 0
        ? await this.ctx.db
            .query("webhookSenders")
            .withIndex("by_state", (q) => q.eq("state", "waiting").eq("slow", slow))
            .take(this.free)
        : [];
    for (const sender of waiting) {
      if (this.free <= 0) break;
      const endpoint = await this.ctx.db.get("webhookEndpoints", sender.endpointId);
      if (!endpoint) continue;
      const queue = {
        endpoint,
        sender,
        figures: figuresOf(sender),
        sending: new Set<Id<"webhookDeliveries">>(),
      };
      this.queues.push(queue);
      await this.takeOf(queue);
    }
    // A queue whose endpoint has become slow, or fast, moves to another lane once its requests have ended.
    for (const queue of own) if (queue.figures.slow === slow) await this.takeOf(queue);
  }

  /** Writes the queues. @returns the kinds of queues that now wait. */
  async save(): Promise<Set<boolean>> {
    const waiting = new Set<boolean>();
    for (const queue of this.queues) {
      const state = queue.sending.size > 0 ? this.running(queue) : await this.resting(queue);
      const { sender, figures } = queue;
      const changed = { ...figures, ...state };
      const names = Object.keys(changed) as (keyof typeof changed)[];
      if (names.some((name) => changed[name] !== sender[name]))
        await this.ctx.db.patch("webhookSenders", sender._id, changed);
      if (state.state === "waiting") waiting.add(figures.slow);
    }
    return waiting;
  }

  private running({ sender: { state, dueAt } }: Queue) {
    return {
      state: "running" as const,
      lane: this.lane?._id,
      dueAt: state === "running" ? dueAt : Date.now(),
    };
  }

  /** Returns the state of a queue without requests in flight. */
  private async resting({ endpoint: { _id: endpointId }, restUntil }: Queue) {
    const dueAt = restUntil ?? (await this.nextDueAt(endpointId));
    const wait = dueAt === undefined ? Infinity : dueAt - Date.now();
    if (wait <= 0) return { state: "waiting" as const, lane: undefined, dueAt: Date.now() };
    if (wait < SOON_MS) await this.ctx.scheduler.runAfter(wait, internal.outgoing.queue.wake, { endpointId });
    return { state: "idle" as const, lane: undefined, dueAt };
  }

  private async nextDueAt(endpointId: Id<"webhookEndpoints">): Promise<number | undefined> {
    const first = await this.pending(endpointId).first();
    return first?.nextAttemptAt;
  }

  private pending(endpointId: Id<"webhookEndpoints">) {
    return this.ctx.db
      .query("webhookDeliveries")
      .withIndex("by_due", (q) => q.eq("endpointId", endpointId).eq("status", "pending"));
  }

  /** Takes the due deliveries of a queue that may be sent. Those that may not be sent fail. */
  private async takeOf(queue: Queue): Promise<void> {
    const { endpoint, sending } = queue;
    const room = Math.min(this.free, AT_A_TIME - sending.size);
    if (room <= 0) return;
    const view = await this.viewer.view(endpoint);
    if (view.is === "paused") {
      queue.restUntil = Date.now() + PAUSE_MS;
    } else if (view.is === "ended") {
      this.queues.splice(this.queues.indexOf(queue), 1);
      await this.ctx.db.patch("webhookSenders", queue.sender._id, { pending: queue.figures.pending });
      await disableEndpoint(this.ctx, endpoint, view.reason);
    } else {
      const before = sending.size;
      const refused = await this.examine(queue, view, room + before);
      // Refused deliveries are not due any more.
      if (refused > 0) await this.examine(queue, view, EXAMINED);
      if (sending.size > before) {
        const { _id: endpointId, url } = endpoint;
        this.endpoints.push({ endpointId, url, secrets: currentSecrets(endpoint) });
      }
    }
  }

  /** @returns the number of deliveries that failed because they may not be sent. */
  private async examine(queue: Queue, { allows }: View & { is: "open" }, count: number): Promise<number> {
    const { endpoint, sending, figures } = queue;
    const first = await this.pending(endpoint._id).take(count);
    let refused = 0;
    for (const delivery of first) {
      if (this.free <= 0 || sending.size >= AT_A_TIME) break;
      if (delivery.nextAttemptAt === undefined || delivery.nextAttemptAt > Date.now()) break;
      if (sending.has(delivery._id)) continue;
      const allowed = allows(delivery.type);
      if (!allowed || (await this.bodyOf(delivery.eventId)) === null) {
        await failDelivery(this.ctx, delivery, allowed ? PURGED : NOT_ALLOWED);
        refused += 1;
        continue;
      }
      const { _id: deliveryId, eventId, tries } = delivery;
      this.deliveries.push({ deliveryId, endpointId: endpoint._id, eventId, tries });
      sending.add(deliveryId);
      this.free = this.characters < MAX_CHARACTERS ? this.free - 1 : 0;
    }
    queue.figures = { ...figures, pending: Math.max(0, figures.pending - refused) };
    return refused;
  }

  /** Returns the body of an event, null if the event was purged. */
  private async bodyOf(eventId: Id<"outgoingEvents">): Promise<string | null> {
    const known = this.bodies.get(eventId);
    if (known !== undefined) return known;
    const event = await this.ctx.db.get("outgoingEvents", eventId);
    const body = event && bodyOf(event);
    this.bodies.set(eventId, body);
    this.characters += body?.length ?? 0;
    return body;
  }
}

const currentSecrets = ({ secrets }: Doc<"webhookEndpoints">): string[] =>
  secrets.flatMap(({ sealed, expiresAt = Infinity }) => (expiresAt > Date.now() ? [sealed] : []));
