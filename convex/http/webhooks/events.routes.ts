import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import { readText } from "../../lib/textStorage.lib";
import { toTime } from "../../lib/time.lib";
import { redact } from "../../webhooks/jsonText.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import type { Shape } from "../kit/contract.kit";
import { implement } from "../kit/implement.kit";
import {
  eraseWebhookPayload,
  getWebhookEvent,
  listWebhookEvents,
  replayWebhookEvent,
  type Event,
} from "./events.contract";

const toEvent = (doc: Doc<"webhookEvents">): Shape<typeof Event> => ({
  id: doc._id,
  eventId: doc.eventId,
  source: doc.source,
  type: doc.eventType,
  status: doc.status,
  attempts: doc.attempts,
  ...(doc.handled !== undefined && { handled: doc.handled }),
  ...(doc.details !== undefined && { details: doc.details }),
  ...(doc.error !== undefined && { error: doc.error }),
  receivedAt: toTime(doc._creationTime),
  ...(doc.processedAt !== undefined && { processedAt: toTime(doc.processedAt) }),
});

export function webhookEvents(api: Registry): void {
  implement(api, listWebhookEvents, async (c) => {
    const { page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.webhooks.log.list, page.request);
    return c.json(docs.map(toEvent), 200, page.link(next));
  });

  implement(api, getWebhookEvent, async (c) => {
    const event = await c.env.runQuery(internal.webhooks.log.get, { id: c.req.valid("param").id });
    const text = event.payload && (await readText(c.env.storage, event.payload));
    const details = JSON.stringify(toEvent(event));
    // The payload is not parsed, because its values may need more memory than a function has.
    const body =
      text === undefined
        ? details
        : redact(text.replace(/^\ufeff/, ""), `${details.slice(0, -1)},"payload":`, "}");
    return c.body(body, 200, { ...etag(event), "Content-Type": "application/json" });
  });

  implement(api, eraseWebhookPayload, async (c) => {
    const { ifMatch } = c.var;
    const { id } = c.req.valid("param");
    await c.env.runMutation(internal.webhooks.log.erasePayload, { id, ...(ifMatch && { ifMatch }) });
    return c.body(null, 204);
  });

  implement(api, replayWebhookEvent, async (c) => {
    const event = await c.env.runMutation(internal.webhooks.log.replay, { id: c.req.valid("param").id });
    return c.json(toEvent(event), 202);
  });
}
