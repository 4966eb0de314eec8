import { documented } from "#documented";
import * as z from "zod/mini";
import { webhookSecrets } from "../../lib/env.lib";
import { contract } from "../kit/contract.kit";

const common = (source: string) =>
  ({
    scope: null,
    unlimited: true,
    text: true,
    needs: {
      setting: `${source.toUpperCase()}_WEBHOOK_SECRET`,
      isSet: () => webhookSecrets(source).length > 0,
    },
    replies: documented(() => ({ 200: z.string() })),
  }) as const;

const description = documented(
  () => "Verified, logged and answered at once; processed soon after, once, however often it is sent.",
);

export const receiveStripe = contract("post", "/webhooks/stripe", () => ({
  operationId: "receiveStripe",
  ...common("stripe"),
  docs: documented(() => ({
    tag: "Webhooks",
    summary: "Receive an event of Stripe",
    description: description(),
    problems: ["webhook_unsigned", "webhook_rejected"],
    examples: { replies: { 200: "OK" } },
  })),
}));

export const receiveClerk = contract("post", "/webhooks/clerk", () => ({
  operationId: "receiveClerk",
  ...common("clerk"),
  docs: documented(() => ({
    tag: "Webhooks",
    summary: "Receive an event of Clerk",
    description: description(),
    problems: ["webhook_unsigned", "webhook_rejected"],
    examples: { replies: { 200: "OK" } },
  })),
}));

export const receiveGithub = contract("post", "/webhooks/github", () => ({
  operationId: "receiveGithub",
  ...common("github"),
  docs: documented(() => ({
    tag: "Webhooks",
    summary: "Receive an event of GitHub",
    description: description(),
    problems: ["webhook_unsigned", "webhook_rejected"],
    examples: { replies: { 200: "OK" } },
  })),
}));
