import { docsOnly } from "#docsOnly";
import { PATTERNS } from "../../outgoing/eventTypes.lib";
import { contract, type FieldSchemas } from "../kit/contract.kit";
import { id } from "../kit/values.kit";
import { Delivery, delivery } from "./deliveries.contract";

const MAX_URL = 2048;
const MAX_DESCRIPTION = 500;
const WEEK_SECONDS = 604_800;

const shape = docsOnly(({ upTo, z, time }) => ({
  id: z.string(),
  url: upTo(MAX_URL),
  events: z.array(z.string()).check(z.maxLength(PATTERNS.length)),
  description: z.exactOptional(upTo(MAX_DESCRIPTION)),
  enabled: z.boolean(),
  disabledReason: z.exactOptional(z.string()),
  createdAt: time(),
}));

const shapeFields = docsOnly(() => ({
  id: "The endpoint's id.",
  url: "The address that gets the events.",
  events: "The events that it subscribes to: types, `key.*` for all types of a resource, or `*`.",
  description: "A note for its owner.",
  enabled: "Whether it gets events.",
  disabledReason: "Why the API disabled it. Absent if it is enabled, or if its owner disabled it.",
  createdAt: "The time of its registration.",
}));

export const Endpoint = docsOnly(({ named, z }) =>
  named("WebhookEndpoint", z.object(shape()), shapeFields()),
);

const NewEndpoint = docsOnly(({ named, z }) =>
  named("NewWebhookEndpoint", z.object({ ...shape(), secret: z.exactOptional(z.string()) }), {
    ...shapeFields(),
    secret: "The signing secret, in this reply only. A replay does not have it.",
  }),
);

const events = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.array(z.enum(PATTERNS)).check(z.minLength(1), atMost(PATTERNS.length));
const url = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.string().check(z.minLength(1), atMost(MAX_URL));
const endpointRef = () => ({ id: id() });

const fields = docsOnly(() => ({
  id: "The endpoint's id.",
  url: "An `https:` address on the default port or above 1023, which is not private or reserved.",
  events: "The events to get: types, `key.*` for all types of a resource, or `*`.",
  description: "A note for its owner.",
  enabled: "Whether it gets events; true by default.",
}));

const partnerEndpoint = docsOnly(() => ({
  id: "n97b2q9v3s1x8w6t4r0pzc5m7h6e",
  url: "https://partner.example.org/webhooks",
  events: ["key.*"],
  description: "Orders",
  enabled: true,
  createdAt: "2026-01-31T12:00:00.000Z",
}));
const params = docsOnly(() => ({ id: partnerEndpoint().id }));
const withSecret = docsOnly(() => ({ ...partnerEndpoint(), secret: "whsec_…" }));

export const listEndpoints = contract("get", "/api/webhook-endpoints", () => ({
  operationId: "listWebhookEndpoints",
  scope: "endpoints:read",
  paged: true,
  docs: docsOnly(({ z }) => ({
    tag: "Webhook endpoints",
    summary: "List the caller's endpoints, newest first",
    description: "Returns the caller's own endpoints, without their secrets.",
    replies: { 200: z.array(Endpoint()) },
    examples: { replies: { 200: [partnerEndpoint()] } },
  })),
}));

export const createEndpoint = contract("post", "/api/webhook-endpoints", () => ({
  operationId: "createWebhookEndpoint",
  scope: "endpoints:write",
  idempotent: true,
  conditional: true,
  secret: true,
  body: {
    type: "json",
    schema: ({ z, atMost, text }) =>
      z.strictObject({
        url: url({ z, atMost }),
        events: events({ z, atMost }),
        description: z.exactOptional(text(MAX_DESCRIPTION)),
        enabled: z.exactOptional(z.boolean()),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Register an address for events",
    problems: ["quota_exceeded", "not_configured"],
    description:
      "Only this reply shows the signing secret. An owner has at most 20 endpoints, unless the deployment sets another limit. An event is sent only if its owner's present " +
      "scopes allow reading it, and those of the key that made the endpoint, if a key did. A replay by `Idempotency-Key` returns " +
      "the endpoint without the secret; if the secret got lost, rotate it.",
    fields: fields(),
    replies: { 201: NewEndpoint() },
    examples: {
      body: {
        url: partnerEndpoint().url,
        events: partnerEndpoint().events,
        description: partnerEndpoint().description,
      },
      replies: { 201: withSecret() },
    },
  })),
}));

export const getEndpoint = contract("get", "/api/webhook-endpoints/:id", () => ({
  operationId: "getWebhookEndpoint",
  scope: "endpoints:read",
  conditional: true,
  params: endpointRef(),
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Fetch one endpoint",
    description: "Another owner's endpoint is 404, like an endpoint that does not exist.",
    fields: fields(),
    replies: { 200: Endpoint() },
    examples: { params: params(), replies: { 200: partnerEndpoint() } },
  })),
}));

export const updateEndpoint = contract("patch", "/api/webhook-endpoints/:id", () => ({
  operationId: "updateWebhookEndpoint",
  scope: "endpoints:write",
  conditional: true,
  params: endpointRef(),
  body: {
    type: "json",
    schema: ({ z, atMost, text }) =>
      z.strictObject({
        url: z.exactOptional(url({ z, atMost })),
        events: z.exactOptional(events({ z, atMost })),
        description: z.exactOptional(z.nullable(text(MAX_DESCRIPTION))),
        enabled: z.exactOptional(z.boolean()),
      }),
  },
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Change an endpoint",
    description:
      "Changes the fields in the body. A `description` of null removes the description. `enabled: false` lets pending deliveries " +
      "fail; they can be retried after `enabled: true`. From then on, the scopes of the caller's credential decide which events " +
      "are sent, as if it had made the endpoint.",
    fields: fields(),
    replies: { 200: Endpoint() },
    examples: { params: params(), body: { events: ["key.*"] }, replies: { 200: partnerEndpoint() } },
  })),
}));

export const deleteEndpoint = contract("delete", "/api/webhook-endpoints/:id", () => ({
  operationId: "deleteWebhookEndpoint",
  scope: "endpoints:write",
  conditional: true,
  params: endpointRef(),
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Delete an endpoint",
    description: "Deletes the endpoint and its deliveries permanently. Nothing more is sent.",
    fields: fields(),
    replies: { 204: null },
    examples: { params: params() },
  })),
}));

export const rotateSecret = contract("post", "/api/webhook-endpoints/:id/rotate-secret", () => ({
  operationId: "rotateWebhookSecret",
  scope: "endpoints:write",
  secret: true,
  params: endpointRef(),
  body: {
    type: "json",
    schema: ({ z, integer }) => z.strictObject({ overlapSeconds: z.exactOptional(integer(0, WEEK_SECONDS)) }),
    optional: true,
  },
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Replace the signing secret",
    problems: ["not_configured"],
    description:
      "Only this reply shows the new secret. For `overlapSeconds` more, each delivery has a signature with the old secret too.",
    fields: { ...fields(), overlapSeconds: "Seconds for which the old secret also signs; 86400 by default." },
    replies: { 200: NewEndpoint() },
    examples: { params: params(), body: { overlapSeconds: 3600 }, replies: { 200: withSecret() } },
  })),
}));

export const testEndpoint = contract("post", "/api/webhook-endpoints/:id/test", () => ({
  operationId: "testWebhookEndpoint",
  scope: "endpoints:write",
  params: endpointRef(),
  docs: docsOnly(() => ({
    tag: "Webhook endpoints",
    summary: "Send a test event",
    problems: ["conflict"],
    description: "Sends `ping` at once, whatever the endpoint subscribes to. A disabled endpoint is 409.",
    fields: fields(),
    replies: { 202: Delivery() },
    examples: { params: params(), replies: { 202: delivery() } },
  })),
}));
