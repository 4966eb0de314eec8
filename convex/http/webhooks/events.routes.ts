import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import { readText } from "../../lib/textStorage.lib";
import type { Api } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import type { Shape } from "../kit/contract.kit";
import { toTime } from "../kit/fields.kit";
import { implement } from "../kit/implement.kit";
import { getWebhookEvent, listWebhookEvents, replayWebhookEvent, type Event } from "./events.contract";

const toEvent = (doc: Doc<"webhookEvents">): Shape<typeof Event> => ({
  id: doc._id,
  eventId: doc.eventId,
  source: doc.source,
  type: doc.eventType,
  status: doc.status,
  attempts: doc.attempts,
  ...(doc.handled !== undefined && { handled: doc.handled }),
  ...(doc.error !== undefined && { error: doc.error }),
  receivedAt: toTime(doc._creationTime),
  ...(doc.processedAt !== undefined && { processedAt: toTime(doc.processedAt) }),
});

export function webhookEvents(api: Api): void {
  implement(api, listWebhookEvents, async (c) => {
    const { page } = c.var;
    const { source, status } = c.req.valid("query");
    const { docs, next } = await c.env.runQuery(internal.webhooks.log.list, {
      ...(source !== undefined && { source }),
      ...(status !== undefined && { status }),
      ...page.request,
    });
    return c.json(docs.map(toEvent), 200, page.link(next));
  });

  implement(api, getWebhookEvent, async (c) => {
    const event = await c.env.runQuery(internal.webhooks.log.get, { id: c.req.valid("param").id });
    const text = event.payload && (await readText(c.env.storage, event.payload));
    const payload = text === undefined ? {} : { payload: redact(JSON.parse(text.replace(/^\ufeff/, ""))) };
    return c.json({ ...toEvent(event), ...payload }, 200, etag(event));
  });

  implement(api, replayWebhookEvent, async (c) => {
    const event = await c.env.runMutation(internal.webhooks.log.replay, { id: c.req.valid("param").id });
    return c.json(toEvent(event), 202);
  });
}

/** Names of members that a log shows to nobody. */
const HIDDEN = /secret|token|password|passwd|api_?key|authorization|private_metadata/i;

/** Levels of a payload that are shown: a source may sign more than a stack holds. */
const SHOWN_LEVELS = 64;

function redact(value: unknown, level = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (level === SHOWN_LEVELS) return "[nested too deep]";
  const inside = (inner: unknown) => redact(inner, level + 1);
  if (Array.isArray(value)) return value.map(inside);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, HIDDEN.test(name) ? "[redacted]" : inside(inner)]),
  );
}
