import { internal } from "../../_generated/api";
import { fail } from "../../lib/failure.lib";
import type { Api } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { receiveClerk, receiveGithub, receiveStripe } from "./webhooks.contract";

/** Each source's headers, and the action that verifies what they sign. The libraries are loaded there, not here. */
export function webhooks(api: Api): void {
  implement(api, receiveStripe, async (c) => {
    const signature = c.req.header("Stripe-Signature") ?? unsigned("Missing signature");
    await c.env.runAction(internal.stripe.verifyAndProcessWebhook, { body: c.var.text, signature });
    return c.text("OK", 200);
  });

  implement(api, receiveClerk, async (c) => {
    // Svix names its headers after itself or, unbranded, after what they are.
    const header = (name: string) =>
      c.req.header(`svix-${name}`) ?? c.req.header(`webhook-${name}`) ?? unsigned("Missing Svix headers");
    await c.env.runAction(internal.clerk.verifyAndProcess, {
      body: c.var.text,
      svixId: header("id"),
      svixTimestamp: header("timestamp"),
      svixSignature: header("signature"),
    });
    return c.text("OK", 200);
  });

  implement(api, receiveGithub, async (c) => {
    const signature = c.req.header("X-Hub-Signature-256") ?? unsigned("Missing signature");
    const required = (name: string) => c.req.header(name) ?? fail("invalid_request", `${name}: is required`);
    await c.env.runAction(internal.github.processWebhook, {
      body: c.var.text,
      signature,
      event: required("X-GitHub-Event"),
      delivery: required("X-GitHub-Delivery"),
    });
    return c.text("OK", 200);
  });
}

function unsigned(detail: string): never {
  fail("webhook_unsigned", detail);
}
