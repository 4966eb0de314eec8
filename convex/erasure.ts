/**
 * Erases a person from the logs of webhooks, for an operator: what sources have sent, what was sent to partners, and what partners
 * have replied. It reads the logs in batches, newest first.
 */
import { v, type Infer } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery, type MutationCtx } from "./_generated/server";
import { mentionOf } from "./lib/mention.lib";
import { pageArgs, position, readPage, within } from "./lib/page.lib";
import { readText } from "./lib/textStorage.lib";
import { deleteEvents } from "./outgoing/delivery.lib";
import { deletePayload } from "./webhooks/erasure.lib";

/** The logs, in the order in which they are read. */
const LOGS = ["webhookEvents", "outgoingEvents", "webhookDeliveries"] as const;
const log = v.union(v.literal("webhookEvents"), v.literal("outgoingEvents"), v.literal("webhookDeliveries"));
type Log = Infer<typeof log>;

/** Documents that one transaction reads. An event has up to 48 KiB of payload, and a transaction reads at most 16 MiB. */
const BATCH = 100;
/** Milliseconds after which the command stops and says how to continue. Convex ends an action after 30 minutes. */
const BUDGET_MS = 5 * 60_000;

const resume = v.object({ log, after: v.optional(position) });
const report = v.object({
  /** Documents from which something was erased, by log. */
  erased: v.object({
    webhookEvents: v.number(),
    outgoingEvents: v.number(),
    webhookDeliveries: v.number(),
  }),
  /** Events that name the email and are being processed. Run the command again when they have been. */
  pending: v.number(),
  /** Present if the time was not enough: the argument `resume` with which to run the command again. */
  resume: v.optional(resume),
});

/**
 * Erases the payloads that name an email, and what was sent and replied with it:
 * `npx convex run erasure:eraseEmail '{"email": "ada@example.com"}'`. Events of sources stay in the log without their payload.
 * The command may be repeated. If its result has `resume`, run it again with the email and this argument.
 */
export const eraseEmail = internalAction({
  args: { email: v.string(), resume: v.optional(resume) },
  returns: report,
  handler: async (ctx, { email, resume: from }): Promise<Infer<typeof report>> => {
    const names = mentionOf(email);
    const started = Date.now();
    const erased = { webhookEvents: 0, outgoingEvents: 0, webhookDeliveries: 0 };
    let pending = 0;
    for (const name of LOGS.slice(from ? LOGS.indexOf(from.log) : 0)) {
      let after = name === from?.log ? from.after : undefined;
      do {
        if (Date.now() - started > BUDGET_MS)
          return { erased, pending, resume: { log: name, ...(after && { after }) } };
        const page = { limit: BATCH, ...(after && { after }) };
        const found = await ctx.runQuery(internal.erasure.find, { email, log: name, ...page });
        const ids = [...found.ids];
        // One at a time, because a payload may have 4 MiB.
        for (const { id, storageId } of found.stored)
          if (names((await readText(ctx.storage, { storageId })) ?? "")) ids.push(id);
        for (let rest = ids; rest.length > 0;) {
          const done = await ctx.runMutation(internal.erasure.erase, { email, log: name, ids: rest });
          erased[name] += done.erased;
          pending += done.pending;
          rest = done.left;
        }
        after = found.next;
      } while (after);
    }
    return { erased, pending };
  },
});

/** Returns the ids of documents that name the email, and the payloads in file storage, which only an action can read. */
export const find = internalQuery({
  args: { email: v.string(), log, ...pageArgs },
  returns: v.object({
    ids: v.array(v.string()),
    stored: v.array(v.object({ id: v.string(), storageId: v.id("_storage") })),
    next: v.optional(position),
  }),
  handler: async (ctx, { email, log: name, ...page }) => {
    const names = mentionOf(email);
    const { docs, next } = await readPage(page, (range) =>
      ctx.db.query(name).withIndex("by_creation_time", (q) => within(q, range)),
    );
    const ids: string[] = [];
    const stored: { id: string; storageId: Id<"_storage"> }[] = [];
    // The type of a document of one of three tables does not show the fields that only some of them have.
    for (const doc of docs as (LogEntry & { _id: string })[]) {
      const storageId = fileOf(doc);
      if (textsOf(doc).some(names)) ids.push(doc._id);
      else if (storageId) stored.push({ id: doc._id, storageId });
    }
    return { ids, stored, ...(next && { next }) };
  },
});

/** Erases a batch of documents, or the parts of them, that name the email. `left` are the ids for which one transaction was not enough. */
export const erase = internalMutation({
  args: { email: v.string(), log, ids: v.array(v.string()) },
  returns: v.object({ erased: v.number(), pending: v.number(), left: v.array(v.string()) }),
  handler: (ctx, { email, log: name, ids }) => ERASE[name](ctx, ids, mentionOf(email)),
});

type Erased = { erased: number; pending: number; left: string[] };
type Erase = (ctx: MutationCtx, ids: string[], names: (text: string) => boolean) => Promise<Erased>;

const ERASE: Record<Log, Erase> = {
  webhookEvents: async (ctx, ids, names) => {
    let pending = 0;
    for (const text of ids) {
      const id = ctx.db.normalizeId("webhookEvents", text);
      const event = id && (await ctx.db.get("webhookEvents", id));
      if (event?.status === "pending") pending += 1;
      else if (event) await deletePayload(ctx, event, names(event.error ?? "") ? { error: ERASED } : {});
    }
    return { erased: ids.length - pending, pending, left: [] };
  },
  outgoingEvents: async (ctx, ids) => {
    const docs = await Promise.all(
      ids.map(async (text) => {
        const id = ctx.db.normalizeId("outgoingEvents", text);
        return id && (await ctx.db.get("outgoingEvents", id));
      }),
    );
    const events = docs.filter((event) => event !== null);
    const { isDone } = await deleteEvents(ctx, events);
    if (isDone) return { erased: events.length, pending: 0, left: [] };
    const remaining = await Promise.all(events.map(({ _id }) => ctx.db.get("outgoingEvents", _id)));
    const left = remaining.flatMap((event) => event?._id ?? []);
    return { erased: events.length - left.length, pending: 0, left };
  },
  webhookDeliveries: async (ctx, ids) => {
    for (const text of ids) {
      const id = ctx.db.normalizeId("webhookDeliveries", text);
      const delivery = id && (await ctx.db.get("webhookDeliveries", id));
      if (delivery)
        await ctx.db.patch("webhookDeliveries", delivery._id, {
          lastReply: undefined,
          revision: delivery.revision + 1,
        });
    }
    return { erased: ids.length, pending: 0, left: [] };
  },
};

/** Replaces an error that names the email. */
const ERASED = "[erased]";

/** The fields of all logs that may name a person. */
type LogEntry = Partial<
  Pick<Doc<"webhookEvents">, "payload" | "error"> &
    Pick<Doc<"outgoingEvents">, "data"> &
    Pick<Doc<"webhookDeliveries">, "lastReply">
>;

/** Returns the id of the stored file with a payload that is too long for the document. */
const fileOf = ({ payload }: LogEntry): Id<"_storage"> | undefined =>
  payload && "storageId" in payload ? payload.storageId : undefined;

function textsOf(doc: LogEntry): string[] {
  const payload = doc.payload && "text" in doc.payload ? doc.payload.text : undefined;
  return [payload, doc.error, doc.data, doc.lastReply].filter((text) => text !== undefined);
}
