import { makeFunctionReference, type FunctionReference } from "convex/server";
import { internal } from "../_generated/api";
import type { WebhookEvent } from "./event.lib";

/** A mutation that applies an event. It returns whether it knows the event's type. */
export type Handler = FunctionReference<"mutation", "internal", WebhookEvent, boolean>;

/**
 * The handlers of webhook events. An event stores the key of its handler, so the functions may move. The keys are part of the
 * data format: do not rename them.
 */
const HANDLERS = {
  stripe: internal.webhooks.stripeEffects.handle,
  clerk: internal.webhooks.clerkEffects.handle,
  github: internal.webhooks.githubEffects.handle,
} satisfies Record<string, Handler>;

export type HandlerKey = keyof typeof HANDLERS;

/**
 * The keys of handlers that do not read the payload. They receive `{}`. A payload of 4 MiB with a character outside Latin-1 does
 * not fit into the heap of a mutation together with the copies that each call makes.
 */
const WITHOUT_PAYLOAD: ReadonlySet<string> = new Set(["github"]);

/** The former paths of these handlers. Version 0.2.0 stored paths instead of keys. */
const FORMER_PATHS = new Map([
  ["stripeEvents:handle", "stripe"],
  ["clerkEvents:handle", "clerk"],
  ["github:handle", "github"],
]);

/**
 * Returns the handler for the key or path that an event stores. An unknown path is called directly, because version 0.2.0 also
 * stored the paths of an app's own handlers.
 *
 * @throws Error if the key is unknown.
 */
export function handlerOf(stored: string): Handler {
  const key = keyOf(stored);
  if (isKey(key)) return HANDLERS[key];
  if (!stored.includes(":")) throw new Error(`No handler has the key ${stored}`);
  // At run time, references to internal and to public functions are the same.
  return makeFunctionReference<"mutation", WebhookEvent, boolean>(stored) as unknown as Handler;
}

/** Returns whether the handler with this stored key or path reads the event's payload. */
export const readsPayload = (stored: string): boolean => !WITHOUT_PAYLOAD.has(keyOf(stored));

const keyOf = (stored: string): string => FORMER_PATHS.get(stored) ?? stored;

const isKey = (key: string): key is HandlerKey => Object.hasOwn(HANDLERS, key);
