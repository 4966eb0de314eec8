import { makeFunctionReference, type FunctionReference } from "convex/server";
import { internal } from "../_generated/api";
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
 * Handlers that do not read the payload: they get `{}`. A payload of 4 MiB with a character outside Latin-1 does not fit into the
 * heap of a mutation, beside the copies that each call makes.
 */
const WITHOUT_PAYLOAD: ReadonlySet<string> = new Set(["github"]);

/** The former paths of these handlers. Version 0.2.0 stored paths instead of keys. */
const FORMER_PATHS = new Map([
  ["stripeEvents:handle", "stripe"],
  ["clerkEvents:handle", "clerk"],
  ["github:handle", "github"],
]);

/**
 * Returns the handler that an event stores. A path that is not a former one is called as it is: version 0.2.0 stored the paths of
 * an app's own handlers, too.
 *
 * @throws Error if the table has no such key.
 */
export function handlerOf(stored: string): Handler {
  const key = keyOf(stored);
  if (isKey(key)) return HANDLERS[key];
  if (!stored.includes(":")) throw new Error(`No handler has the key ${stored}`);
  // At run time, nothing distinguishes references to internal and to public functions.
  return makeFunctionReference<"mutation", WebhookEvent, boolean>(stored) as unknown as Handler;
}

/** Whether the handler that an event stores reads the event's payload. */
export const readsPayload = (stored: string): boolean => !WITHOUT_PAYLOAD.has(keyOf(stored));

const keyOf = (stored: string): string => FORMER_PATHS.get(stored) ?? stored;

const isKey = (key: string): key is HandlerKey => Object.hasOwn(HANDLERS, key);
