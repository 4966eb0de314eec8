import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";
import { SOURCES } from "./webhooks.contract";

const STATUSES = ["pending", "success", "failed"] as const;
/** The maximum length of the filter by type, in code points. */
const MAX_TYPE = 200;

const EventDetails = docsOnly(({ named, z }) =>
  named(
    "WebhookEventDetails",
    z.object({
      action: z.exactOptional(z.string()),
      repository: z.exactOptional(z.string()),
      sender: z.exactOptional(z.string()),
    }),
    {
      action: "What happened, such as `opened`.",
      repository: "The full name of the repository on GitHub, such as `octo/hello`.",
      sender: "The login of the account on GitHub that caused the event.",
    },
  ),
);

const shape = docsOnly(({ whole, z, time }) => ({
  id: z.string(),
  eventId: z.string(),
  source: z.string(),
  type: z.string(),
  status: z.enum(STATUSES),
  attempts: whole(),
  handled: z.exactOptional(z.boolean()),
  details: z.exactOptional(EventDetails()),
  error: z.exactOptional(z.string()),
  receivedAt: time(),
  processedAt: z.exactOptional(time()),
}));

const shapeFields = docsOnly(() => ({
  id: "The id of the event in this API.",
  eventId: "The id that the source gave the event.",
  source: "The service that sent the event, such as `stripe`.",
  type: "The type that the source gave the event, such as `checkout.session.completed`.",
  status: "The outcome of the processing. A `failed` event can be replayed.",
  attempts: "How often the processing was started.",
  handled: "`false` if this API has no handler for the type. Absent until the event was processed.",
  details: "The key facts of an event of GitHub.",
  error: "Why the last attempt failed.",
  receivedAt: "When the API recorded the event.",
  processedAt: "When the last attempt ended.",
}));

export const Event = docsOnly(({ named, z }) => named("WebhookEvent", z.object(shape()), shapeFields()));
export const EventWithPayload = docsOnly(({ named, z }) =>
  named("WebhookEventWithPayload", z.object({ ...shape(), payload: z.exactOptional(z.unknown()) }), {
    ...shapeFields(),
    payload: "The body that the source sent. Absent once it was erased or its retention has ended.",
  }),
);

const eventRef = () => ({ id: id() });
const fields = docsOnly(() => ({ id: "The id of the event in this API, not that of its source." }));

const example = docsOnly(() => ({
  id: "kw5e2q9v3s1x8w6t4r0pzc5m7h6f",
  eventId: "msg_2Kq2w3E4r5T6y7U8i9O0p1A2s3D",
  source: "clerk",
  type: "user.created",
  status: "success",
  attempts: 1,
  handled: true,
  receivedAt: "2026-01-31T12:00:00.000Z",
  processedAt: "2026-01-31T12:00:00.120Z",
}));

export const listWebhookEvents = contract("get", "/api/webhook-events", () => ({
  operationId: "listWebhookEvents",
  scope: "webhooks:read",
  paged: {
    filters: ({ z, atMost }) => ({
      source: z.enum(Object.keys(SOURCES)),
      status: z.enum(STATUSES),
      type: z.string().check(z.minLength(1), atMost(MAX_TYPE)),
    }),
    together: [
      ["source", "status"],
      ["source", "type"],
      ["status", "type"],
      ["source", "status", "type"],
    ],
  },
  docs: docsOnly(({ z }) => ({
    tag: "Webhook events",
    summary: "List received webhook events, newest first",
    description:
      "Returns the events that webhook sources have sent and the outcome of their processing, without payloads. For events of " +
      "GitHub, `details` has the `repository`, the `sender` and the `action`.",
    fields: {
      source: "Only events of this source.",
      status: "Only events with this outcome.",
      type: "Only events of this type, such as `checkout.session.completed`.",
    },
    replies: { 200: z.array(Event()) },
    examples: {
      query: { source: example().source, status: example().status, type: example().type },
      replies: { 200: [example()] },
    },
  })),
}));

export const getWebhookEvent = contract("get", "/api/webhook-events/:id", () => ({
  operationId: "getWebhookEvent",
  scope: "webhooks:read",
  conditional: true,
  params: eventRef(),
  docs: docsOnly(({ reply }) => ({
    tag: "Webhook events",
    summary: "Fetch one webhook event with its payload",
    description:
      "Values in the payload whose names suggest a secret, token, password or private metadata are replaced by `[redacted]`, and " +
      "objects and lists below 64 levels by `[nested too deep]`. `payload` is absent once it was erased or its retention has ended.",
    fields: fields(),
    replies: { 200: reply.text("application/json", { schema: EventWithPayload() }) },
    examples: {
      params: { id: example().id },
      replies: { 200: { ...example(), payload: { id: example().eventId, type: example().type } } },
    },
  })),
}));

export const eraseWebhookPayload = contract("delete", "/api/webhook-events/:id", () => ({
  operationId: "eraseWebhookPayload",
  scope: "webhooks:write",
  conditional: true,
  params: eventRef(),
  docs: docsOnly(() => ({
    tag: "Webhook events",
    summary: "Erase the payload of a webhook event",
    description:
      "Erases the payload permanently. The event stays in the log without its `payload`, so that a duplicate is recognized, and can no " +
      "longer be replayed (409). A pending event is 409.",
    fields: fields(),
    problems: ["conflict"],
    replies: { 204: null },
    examples: { params: { id: example().id } },
  })),
}));

export const replayWebhookEvent = contract("post", "/api/webhook-events/:id/replay", () => ({
  operationId: "replayWebhookEvent",
  scope: "webhooks:write",
  params: eventRef(),
  docs: docsOnly(() => ({
    tag: "Webhook events",
    summary: "Process a webhook event again",
    description: "The event must have succeeded or failed, and its payload must not have been purged.",
    fields: fields(),
    problems: ["conflict"],
    replies: { 202: Event() },
    examples: {
      params: { id: example().id },
      replies: { 202: { ...example(), status: "pending", attempts: 0 } },
    },
  })),
}));
