import { makeFunctionReference, type FunctionReference } from "convex/server";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { WebhookEvent } from "./event.lib";

/** Applies an event in one transaction. Returns whether it knows the event's type. */
export type Handler = FunctionReference<"mutation", "internal", WebhookEvent, boolean>;

/**
 * The handlers of webhook events. An event stores the key of its handler, so the functions may move. The keys are part of the
 * data format: do not rename one.
 */
const HANDLERS = {
  stripe: internal.webhooks.stripeEffects.handle,
  clerk: internal.webhooks.clerkEffects.handle,
  github: internal.webhooks.githubEffects.handle,
} satisfies Record<string, Handler>;

export type HandlerKey = keyof typeof HANDLERS;

/**
 * The handler of a stored event.
 *
 * Until version 0.2.0 an event stored the path of its handler (`stripeEvents:handle`) instead of a key. The event's source
 * names the handler then; a source that this table does not list keeps the path.
 *
 * @throws Error if the event's key is no longer in the table.
 */
export function handlerOf({ handler, source }: Pick<Doc<"webhookEvents">, "handler" | "source">): Handler {
  const isPath = handler.includes(":");
  const key = isPath ? source : handler;
  if (isKey(key)) return HANDLERS[key];
  if (!isPath) throw new Error(`No handler has the key ${handler}`);
  // At run time, nothing distinguishes references to internal and to public functions.
  return makeFunctionReference<"mutation", WebhookEvent, boolean>(handler) as unknown as Handler;
}

const isKey = (key: string): key is HandlerKey => Object.hasOwn(HANDLERS, key);
