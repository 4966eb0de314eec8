import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

const STATUSES = ["pending", "succeeded", "failed"] as const;

const Attempt = docsOnly(({ named, z, time, whole }) =>
  named(
    "WebhookDeliveryAttempt",
    z.object({
      at: time(),
      status: z.exactOptional(whole()),
      error: z.exactOptional(z.string()),
      durationMs: whole(),
    }),
    {
      at: "When the attempt started.",
      status: "The status of the endpoint's reply. Absent without a reply.",
      error: "Why the attempt does not count as delivered.",
      durationMs: "The milliseconds until the reply or the error. 0 if nothing was sent.",
    },
  ),
);

const Payload = docsOnly(({ named, z, time }) =>
  named("WebhookDeliveryPayload", z.object({ type: z.string(), timestamp: time(), data: z.unknown() }), {
    type: "What happened, such as `key.created`.",
    timestamp: "When the change was made.",
    data: "The resource after the change, as its GET shows it. Of a deleted resource, only its id.",
  }),
);

const shape = docsOnly(({ z, time }) => ({
  id: z.string(),
  eventId: z.string(),
  type: z.string(),
  endpointId: z.string(),
  status: z.enum(STATUSES),
  attempts: z.array(Attempt()),
  nextAttemptAt: z.exactOptional(time()),
}));

const shapeFields = docsOnly(() => ({
  id: "The delivery's id.",
  eventId: "The event's id, which `webhook-id` carries in every attempt.",
  type: "The event's type.",
  endpointId: "The endpoint that the event is sent to.",
  status: "`failed` deliveries can be retried while they are kept.",
  attempts:
    "The last 20 attempts, oldest first: when, the status of the reply or the error, and how long it took. An entry without " +
    "`status` and with a duration of 0 tells why nothing was sent.",
  nextAttemptAt: "When a pending delivery is sent next.",
}));

export const Delivery = docsOnly(({ named, z }) =>
  named("WebhookDelivery", z.object(shape()), shapeFields()),
);

export const WholeDelivery = docsOnly(({ named, z }) =>
  named(
    "WebhookDeliveryWithPayload",
    z.object({
      ...shape(),
      payload: z.exactOptional(Payload()),
      lastReply: z.exactOptional(z.string()),
    }),
    {
      ...shapeFields(),
      payload:
        "The body of the request. Absent if the credential may not read its data, and once the event is purged.",
      lastReply: "The first 1,024 characters of the last reply.",
    },
  ),
);

const deliveryRef = () => ({ id: id() });
const fields = docsOnly(() => ({
  id: "The delivery's id.",
  status: "Only deliveries with this status.",
}));

export const delivery = docsOnly(() => ({
  id: "p57d2q9v3s1x8w6t4r0pzc5m7h6d",
  eventId: "q17e2q9v3s1x8w6t4r0pzc5m7h6v",
  type: "key.created",
  endpointId: "n97b2q9v3s1x8w6t4r0pzc5m7h6e",
  status: "pending",
  attempts: [
    { at: "2026-01-31T12:00:00.120Z", status: 500, error: "The reply has the status 500", durationMs: 41 },
  ],
  nextAttemptAt: "2026-01-31T12:00:05.120Z",
}));
const params = docsOnly(() => ({ id: delivery().id }));

export const listDeliveries = contract("get", "/api/webhook-endpoints/:id/deliveries", () => ({
  operationId: "listWebhookDeliveries",
  scope: "endpoints:read",
  paged: { filters: ({ z }) => ({ status: z.enum(STATUSES) }) },
  params: deliveryRef(),
  docs: docsOnly(({ z }) => ({
    tag: "Webhook endpoints",
    summary: "List the deliveries of an endpoint, newest first",
    description: "Returns the deliveries that are kept, without their payloads.",
    fields: { id: "The endpoint's id.", status: fields().status },
    replies: { 200: z.array(Delivery()) },
    examples: {
      params: { id: delivery().endpointId },
      query: { status: delivery().status },
      replies: { 200: [delivery()] },
    },
  })),
}));

export const getDelivery = contract("get", "/api/webhook-deliveries/:id", () => ({
  operationId: "getWebhookDelivery",
  scope: "endpoints:read",
  conditional: true,
  params: deliveryRef(),
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Fetch one delivery with its payload",
    description: "The payload needs the scope of the event too, such as `keys:read` for `key.created`.",
    fields: fields(),
    replies: { 200: WholeDelivery() },
    examples: {
      params: params(),
      replies: {
        200: {
          ...delivery(),
          payload: { type: delivery().type, timestamp: "2026-01-31T12:00:00.000Z", data: { id: "k57f2q" } },
          lastReply: "try again later",
        },
      },
    },
  })),
}));

export const retryDelivery = contract("post", "/api/webhook-deliveries/:id/retry", () => ({
  operationId: "retryWebhookDelivery",
  scope: "endpoints:write",
  params: deliveryRef(),
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Send a delivery again",
    problems: ["conflict"],
    description:
      "Sends a delivery that succeeded or failed at once, with the same `webhook-id`. A pending delivery, and one of a disabled " +
      "endpoint, is 409.",
    fields: fields(),
    replies: { 202: Delivery() },
    examples: { params: params(), replies: { 202: { ...delivery(), attempts: [] } } },
  })),
}));
