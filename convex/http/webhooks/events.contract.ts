import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { id, time } from "../kit/fields.kit";
import { SOURCES } from "./webhooks.contract";

const STATUSES = ["pending", "success", "failed"] as const;

const shape = documented(({ whole, z }) => ({
  id: z.string(),
  eventId: z.string(),
  source: z.string(),
  type: z.string(),
  status: z.enum(STATUSES),
  attempts: whole(),
  handled: z.exactOptional(z.boolean()),
  error: z.exactOptional(z.string()),
  receivedAt: time(),
  processedAt: z.exactOptional(time()),
}));

export const Event = documented(({ named }) => named("WebhookEvent", z.object(shape())));
export const EventWithPayload = documented(({ named }) =>
  named("WebhookEventWithPayload", z.object({ ...shape(), payload: z.exactOptional(z.unknown()) })),
);

const eventRef = () => ({ id: id() });

const paid = documented(() => ({
  id: "kw5e2q9v3s1x8w6t4r0pzc5m7h6f",
  eventId: "evt_1Qk2w3E4r5T6y7U8",
  source: "stripe",
  type: "checkout.session.completed",
  status: "success",
  attempts: 1,
  handled: true,
  receivedAt: "2026-01-31T12:00:00.000Z",
  processedAt: "2026-01-31T12:00:00.120Z",
}));

export const listWebhookEvents = contract("get", "/api/webhook-events", () => ({
  operationId: "listWebhookEvents",
  scope: "webhooks:read",
  paged: true,
  query: {
    source: z.exactOptional(z.enum(Object.keys(SOURCES))),
    status: z.exactOptional(z.enum(STATUSES)),
  },
  replies: documented(() => ({ 200: z.array(Event()) })),
  docs: documented(() => ({
    tag: "Webhook events",
    summary: "List received webhook events, newest first",
    description: "The log of what webhook sources have sent and what became of it, without payloads.",
    examples: { query: { source: paid().source, status: paid().status }, replies: { 200: [paid()] } },
  })),
}));

export const getWebhookEvent = contract("get", "/api/webhook-events/:id", () => ({
  operationId: "getWebhookEvent",
  scope: "webhooks:read",
  conditional: true,
  params: eventRef(),
  replies: documented(() => ({ 200: EventWithPayload() })),
  docs: documented(() => ({
    tag: "Webhook events",
    summary: "Fetch one webhook event with its payload",
    description:
      "Members of the payload whose names speak of secrets, tokens, passwords or private metadata read `[redacted]`, " +
      "and what is nested deeper than 64 levels `[nested too deep]`. A payload past its retention is gone.",
    examples: {
      params: { id: paid().id },
      replies: { 200: { ...paid(), payload: { id: paid().eventId, type: paid().type } } },
    },
  })),
}));

export const replayWebhookEvent = contract("post", "/api/webhook-events/:id/replay", () => ({
  operationId: "replayWebhookEvent",
  scope: "webhooks:write",
  params: eventRef(),
  replies: documented(() => ({ 202: Event() })),
  docs: documented(() => ({
    tag: "Webhook events",
    summary: "Process a webhook event anew",
    description: "Works on events that have ended, well or badly, while their payload is kept.",
    problems: ["conflict"],
    examples: { params: { id: paid().id }, replies: { 202: { ...paid(), status: "pending", attempts: 0 } } },
  })),
}));
