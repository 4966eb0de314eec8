import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { json, page, problem, type Json } from "../../../convex/http/testing/replies.testing";
import { EVENTS } from "../../../scripts/webhook/events";
import { asForm, freshId, signedHeaders, type WebhookSource } from "../../../scripts/webhook/sign";
import { eventually, uniqueName, root, send } from "./client";
import { describeWith } from "./describeWith";
import { given } from "./given";

type Event = {
  source: WebhookSource;
  type: string;
  id: string;
  body: string;
  headers: Record<string, string>;
};

/** Creates a signed event. @param object fields of its subject to replace. @param ago milliseconds since it was signed. */
function event(source: WebhookSource, type: string, object: Json = {}, ago = 0): Event {
  const [id, now] = [freshId(source), Date.now() - ago];
  // The payloads of these sources are objects.
  const made = EVENTS[source][type]?.({ id, type, now }) as { data?: Json };
  const subject = source === "stripe" ? made.data?.["object"] : made.data;
  if (subject) Object.assign(subject, object);
  const body = JSON.stringify(made);
  const secret = given.secrets[source] ?? "";
  return { source, type, id, body, headers: signedHeaders({ source, type, id, body, secret, now }) };
}

const deliver = ({ source, body, headers }: Event) =>
  send(`/webhooks/${source}`, { method: "POST", body, headers });

/** Delivers an event and waits until it has been processed. @returns its entry in the log. */
async function processed(sent: Event): Promise<Json> {
  const reply = await deliver(sent);
  expect([reply.status, await reply.text()]).toEqual([200, "OK"]);
  return eventually(async () => {
    const [found] = await logged(sent);
    return found?.["status"] === "pending" ? undefined : found;
  });
}

const logged = async ({ source, id }: Event) =>
  (await page(root("GET", `/api/webhook-events?source=${source}&limit=100`))).filter(
    ({ eventId }) => eventId === id,
  );

/** The operations that receive the webhooks. */
const RECEIVER = { stripe: "receiveStripe", clerk: "receiveClerk", github: "receiveGithub" } as const;

const TYPES = { stripe: "invoice.paid", clerk: "session.created", github: "push" } as const;

for (const source of ["stripe", "clerk", "github"] as const) {
  describeWith(["--key", `--${source}-secret`, RECEIVER[source]], source, () => {
    test("an event that is sent several times is logged and processed once", async () => {
      const sent = event(source, TYPES[source]);
      const entry = await processed(sent);
      expect(entry).toMatchObject({ source, status: "success", attempts: 1 });
      const copies = await Promise.all([deliver(sent), deliver(sent), deliver(sent)]);
      expect(copies.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await logged(sent)).toEqual([entry]);
      const { payload, ...shown } = await json(root("GET", `/api/webhook-events/${String(entry["id"])}`));
      expect(shown).toEqual(entry);
      expect(payload).toBeTypeOf("object");
    });

    test("an event with a changed body is refused and not logged", async () => {
      const sent = event(source, TYPES[source]);
      const forged = { ...sent, body: sent.body.replace("{", "{ ") };
      const { detail } = await problem(deliver(forged), 400, "webhook_rejected");
      expect(detail).toBe("Webhook verification failed");
      expect(await logged(sent)).toEqual([]);
    });

    test("an event without a signature is refused", async () => {
      const reply = deliver({ ...event(source, TYPES[source]), headers: {} });
      const { detail } = await problem(reply, 400, "webhook_unsigned");
      expect(detail).toBe(source === "clerk" ? "Missing Svix headers" : "Missing signature");
    });
  });
}

for (const [source, type] of [
  ["stripe", "invoice.paid"],
  ["clerk", "session.created"],
] as const) {
  describeWith([`--${source}-secret`, RECEIVER[source]], `${source}'s clock`, () => {
    test.each([600_000, -600_000])("an event that was signed %i ms ago is refused", async (ago) => {
      await problem(deliver(event(source, type, {}, ago)), 400, "webhook_rejected");
    });
  });
}

describeWith(["--key", "--stripe-secret", RECEIVER.stripe], "effects of Stripe's events", () => {
  test("a checkout is recorded as a payment", async () => {
    const sessionId = `cs_test_${randomUUID()}`;
    const entry = await processed(event("stripe", "checkout.session.completed", { id: sessionId }));
    expect(entry).toMatchObject({ status: "success", handled: true });
    expect(await json(root("GET", `/api/payments/${sessionId}`))).toMatchObject({
      sessionId,
      amountTotal: 4900,
      currency: "eur",
      paymentStatus: "paid",
      status: "complete",
    });
    await processed(event("stripe", "checkout.session.expired", { id: sessionId }, -60_000));
    expect(await json(root("GET", `/api/payments/${sessionId}`))).toMatchObject({ status: "expired" });
  });

  test("a thin event is logged and not handled", async () => {
    const entry = await processed(event("stripe", "v1.billing.meter.error_report_triggered"));
    expect(entry).toMatchObject({ status: "success", handled: false });
  });

  test("an older event never overwrites a newer state", async () => {
    const subscriptionId = `sub_${randomUUID()}`;
    const about = { id: subscriptionId };
    await processed(event("stripe", "customer.subscription.deleted", about));
    await processed(event("stripe", "customer.subscription.updated", about, 60_000));
    const at = `/api/subscriptions/${subscriptionId}`;
    expect(await json(root("GET", at))).toMatchObject({ subscriptionId, status: "canceled" });
  });

  test("an event can be processed again", async () => {
    const { id } = await processed(event("stripe", "invoice.paid"));
    await json(root("POST", `/api/webhook-events/${String(id)}/replay`), 202);
    const again = await eventually(async () => {
      const entry = await json(root("GET", `/api/webhook-events/${String(id)}`));
      return entry["status"] === "pending" ? undefined : entry;
    });
    expect(again).toMatchObject({ id, status: "success" });
  });
});

describeWith(["--key", "--github-secret", RECEIVER.github], "effects of GitHub's events", () => {
  test("a form is logged like JSON, with its repository and sender", async () => {
    const sent = event("github", "issues");
    const form = asForm(sent.body);
    const { type, id } = sent;
    const signed = { source: sent.source, type, id, secret: given.secrets.github ?? "", now: Date.now() };
    const headers = { ...signedHeaders({ ...signed, body: form.body }), ...form.headers };
    const entry = await processed({ ...sent, body: form.body, headers });
    expect(entry).toMatchObject({
      handled: true,
      details: { action: "opened", repository: "octo-org/octo-repo", sender: "octocat" },
    });
    const read = await json(root("GET", `/api/webhook-events/${String(entry["id"])}`));
    expect(read["payload"]).toEqual(JSON.parse(sent.body));
  });
});

describeWith(["--key", "--clerk-secret", RECEIVER.clerk], "effects of Clerk's events", () => {
  test("a user is created, changed and deleted", async () => {
    const clerkId = `user_${randomUUID()}`;
    const about = {
      id: clerkId,
      email_addresses: [
        {
          id: "idn_1",
          email_address: `${uniqueName()}@example.com`,
          verification: { status: "verified", strategy: "email_code" },
        },
      ],
      primary_email_address_id: "idn_1",
    };
    const tell = (type: string, more: Json = about) => processed(event("clerk", type, more));
    onTestFinished(async () => {
      await tell("user.deleted", { id: clerkId });
    });
    const user = async () =>
      (await page(root("GET", "/api/users?limit=100"))).find((user) => user["clerkId"] === clerkId);

    await tell("user.created");
    expect(await user()).toMatchObject({ name: "Ada Lovelace" });
    await tell("user.updated", { ...about, last_name: "King", banned: true });
    expect(await user()).toMatchObject({ name: "Ada King", suspended: true });
    await tell("user.updated", about);
    expect(await user()).not.toHaveProperty("suspended");
    await tell("user.deleted", { id: clerkId });
    expect(await user()).toBeUndefined();
  });
});
