import { docsOnly } from "#docsOnly";
import type { FunctionReference } from "convex/server";
import { internal } from "../../_generated/api";
import { webhookSecrets, webhookSetting } from "../../lib/env.lib";
import { contract } from "../kit/contract.kit";

/** The name of a header, or alternative names in order of preference. */
type Header = string | readonly string[];

type Source = {
  action: FunctionReference<"action", "internal", Record<string, string>, null>;
  headers: Readonly<Record<string, Header>>;
  /**
   * The message if any of the headers is missing. Without this message, only a missing `signature` is refused as unsigned. For
   * any other missing header the action gets an empty string, which it refuses after it has verified the signature.
   */
  unsigned?: string;
  /** The maximum size of a body, in bytes. Default: 1 MiB. */
  bodyLimit?: number;
};

/**
 * The maximum size of a GitHub webhook, in bytes. GitHub documents up to 25 MB, but a function has a heap of 64 MiB: see
 * `heap.github.slow.test.ts`.
 */
const GITHUB_LIMIT = 4 * 1024 * 1024;

/**
 * All sources of webhooks. The name of a source is part of its path (`/webhooks/stripe`), its setting (`STRIPE_WEBHOOK_SECRET`)
 * and its events in the log. A source has the action that verifies its webhooks, and the header for each argument except `body`.
 *
 * Only the action loads the source's library, so other requests do not load it.
 */
export const SOURCES = {
  stripe: source(internal.stripe.verifyAndProcessWebhook, { signature: "Stripe-Signature" }),
  clerk: source(
    internal.clerk.verifyAndProcess,
    {
      // Svix sends its headers under its own name, or unbranded.
      svixId: ["svix-id", "webhook-id"],
      svixTimestamp: ["svix-timestamp", "webhook-timestamp"],
      svixSignature: ["svix-signature", "webhook-signature"],
    },
    { unsigned: "Missing Svix headers" },
  ),
  github: source(
    internal.github.processWebhook,
    { signature: "X-Hub-Signature-256", event: "X-GitHub-Event", delivery: "X-GitHub-Delivery" },
    { bodyLimit: GITHUB_LIMIT },
  ),
};

export type SourceName = keyof typeof SOURCES;

/** Returns a source. The compiler checks that each argument of the action except `body` has a header, and that no other does. */
function source<Args extends { body: string } & Record<string, string>>(
  action: FunctionReference<"action", "internal", Args, null>,
  headers: { readonly [Name in Exclude<keyof Args, "body">]: Header },
  options: Pick<Source, "unsigned" | "bodyLimit"> = {},
): Source {
  return { action, headers, ...options };
}

/** Returns the contract of a source's route. */
const receiveFrom = <Name extends string>(name: Name, source: Source) => ({
  ...contractOf(name, source),
  path: `/webhooks/${name}` as const,
});

const contractOf = (name: string, { headers, bodyLimit }: Source) =>
  contract("post", `/webhooks/${name}`, () => ({
    operationId: `receive${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    scope: null,
    unlimited: true,
    body: { type: "signedText", ...(bodyLimit !== undefined && { limit: bodyLimit }) },
    needs: { setting: webhookSetting(name), isSet: () => webhookSecrets(name).length > 0 },
    docs: docsOnly(({ reply }) => ({
      tag: "Webhooks",
      summary: `Receive an event from ${name}`,
      description:
        "Verifies the signature, records the event in the log and replies. The event is processed afterwards, and only once if it " +
        "is delivered several times.",
      headers: Object.fromEntries(
        Object.values(headers).map((names) => {
          const [first = "", ...others] = [names].flat();
          const alternatives = others.map((other) => ` \`${other}\` is accepted instead.`).join("");
          return [first, { description: `Sent by ${name}.${alternatives}`, required: others.length === 0 }];
        }),
      ),
      problems: ["webhook_unsigned", "webhook_rejected"],
      replies: { 200: reply.text("text/plain") },
      examples: { replies: { 200: "OK" } },
    })),
  }));

/** The contracts of all sources, by the names in `SOURCES`. */
export const RECEIVERS: { readonly [Name in SourceName]: Receiver<Name> } = {
  stripe: receiveFrom("stripe", SOURCES.stripe),
  clerk: receiveFrom("clerk", SOURCES.clerk),
  github: receiveFrom("github", SOURCES.github),
};
type Receiver<Name extends string> = ReturnType<typeof receiveFrom<Name>>;
