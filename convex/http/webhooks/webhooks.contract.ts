import { documented } from "#documented";
import type { FunctionReference } from "convex/server";
import * as z from "zod/mini";
import { internal } from "../../_generated/api";
import { webhookSecrets, webhookSetting } from "../../lib/env.lib";
import { contract } from "../kit/contract.kit";

/** The name of a header, or several that it may have. */
type Header = string | readonly string[];

type Source = {
  action: FunctionReference<"action", "internal", Record<string, string>, null>;
  headers: Readonly<Record<string, Header>>;
  /**
   * What a webhook without one of the headers is told: it is unsigned. Where nothing is said, one without its `signature` is,
   * and what else is missing is empty: the action says so once the signature has held.
   */
  unsigned: string | undefined;
};

/**
 * Every source of webhooks, by the name that its path (`/webhooks/stripe`), its secret (`STRIPE_WEBHOOK_SECRET`) and its
 * events in the log have in common: the action that verifies, and the header for each of its arguments beside `body`.
 *
 * Libraries are loaded with the action, not here, where every request would pay for them.
 */
export const SOURCES = {
  stripe: source(internal.stripe.verifyAndProcessWebhook, { signature: "Stripe-Signature" }),
  clerk: source(
    internal.clerk.verifyAndProcess,
    {
      // Svix names its headers after itself or, unbranded, after what they are.
      svixId: ["svix-id", "webhook-id"],
      svixTimestamp: ["svix-timestamp", "webhook-timestamp"],
      svixSignature: ["svix-signature", "webhook-signature"],
    },
    "Missing Svix headers",
  ),
  github: source(internal.github.processWebhook, {
    signature: "X-Hub-Signature-256",
    event: "X-GitHub-Event",
    delivery: "X-GitHub-Delivery",
  }),
};

/** Holds the headers against the arguments of the action: one for each beside `body`, and no other. */
function source<Args extends { body: string } & Record<string, string>>(
  action: FunctionReference<"action", "internal", Args, null>,
  headers: { readonly [Name in Exclude<keyof Args, "body">]: Header },
  unsigned?: string,
): Source {
  return { action, headers, unsigned };
}

/** The contract of a source. They differ in names and headers alone. */
export const receiveFrom = (name: string, { headers }: Source) =>
  contract("post", `/webhooks/${name}`, () => ({
    operationId: `receive${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    scope: null,
    unlimited: true,
    text: true,
    needs: { setting: webhookSetting(name), isSet: () => webhookSecrets(name).length > 0 },
    replies: documented(() => ({ 200: z.string() })),
    docs: documented(() => ({
      tag: "Webhooks",
      summary: `Receive an event from ${name}`,
      description:
        "Verified, logged and answered at once; processed soon after, once, however often it is sent.",
      headers: Object.fromEntries(
        Object.values(headers).map((names) => {
          const [first = "", ...others] = [names].flat();
          const or = others.map((other) => `, or \`${other}\` in its place`).join("");
          return [first, { description: `As ${name} sends it${or}.`, required: others.length === 0 }];
        }),
      ),
      problems: ["webhook_unsigned", "webhook_rejected"],
      examples: { replies: { 200: "OK" } },
    })),
  }));
