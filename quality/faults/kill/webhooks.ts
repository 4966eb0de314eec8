/** A workload of signed webhooks. Each is sent twice at the same time, and again after a restart. */
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "../../../scripts/webhook/sign";
import type { Call } from "../client";
import { everything } from "../client";
import type { Workload } from "./workload";
import { expectStatus, repeated, sample } from "./workload";
import { SECRETS } from "../server";

interface Event {
  readonly source: WebhookSource;
  readonly type: string;
  readonly id: string;
  readonly body: string;
}

/** Creates an event whose effect can be identified by the event's id. */
function eventOf(source: WebhookSource, now: number): Event {
  const id = freshId(source);
  const at = { source, id };
  switch (source) {
    case "stripe": {
      const object = { id: `cs_${id}`, object: "checkout.session", amount_total: 4900, currency: "eur" };
      const type = "checkout.session.completed";
      const body = { id, object: "event", created: Math.floor(now / 1000), type, data: { object } };
      return { ...at, type, body: JSON.stringify(body) };
    }
    case "clerk": {
      const address = { id: "idn_1", email_address: `${id}@example.org` };
      const data = { id: `user_${id}`, first_name: "Ada", last_name: "Lovelace", updated_at: now };
      const mail = { primary_email_address_id: "idn_1", email_addresses: [address] };
      const type = "user.created";
      return {
        ...at,
        type,
        body: JSON.stringify({ object: "event", type, timestamp: now, data: { ...data, ...mail } }),
      };
    }
    case "github":
      return { ...at, type: "push", body: JSON.stringify({ ref: "refs/heads/main", delivery: id }) };
  }
}

export function webhooks(): Workload {
  const acknowledged: Event[] = [];
  const open = new Set<Event>();
  const send = (call: Call, event: Event) => {
    const headers = signedHeaders({ ...event, secret: SECRETS[event.source], now: Date.now() });
    return call("POST", `/webhooks/${event.source}`, event.body, headers);
  };
  return {
    name: "webhooks",
    workers: 6,
    acknowledged: () => acknowledged.length,
    async work({ call, random }) {
      const source = SOURCES[Math.floor(random() * SOURCES.length)] as WebhookSource;
      const event = eventOf(source, Date.now());
      open.add(event);
      // `allSettled`, because a kill may let one request be answered and cut off the other.
      const answers = await Promise.allSettled([send(call, event), send(call, event)]);
      for (const answer of answers) {
        if (answer.status === "rejected") continue;
        expectStatus(answer.value, event.id, 200);
        if (open.delete(event)) acknowledged.push(event);
      }
      const failed = answers.find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    },
    async retry({ call, random }) {
      for (const event of [...open, ...sample(acknowledged, 20, random)]) {
        expectStatus(await send(call, event), event.id, 200);
        if (open.delete(event)) acknowledged.push(event);
      }
      return [];
    },
    async missing({ call }) {
      const log = new Map(
        (await everything(call, "/api/webhook-events")).map((event) => [event["eventId"], event]),
      );
      const users = new Set((await everything(call, "/api/users")).map((user) => user["clerkId"]));
      const problems: string[] = [];
      for (const { source, id } of acknowledged) {
        const event = log.get(id);
        if (event?.["status"] !== "success" || event["handled"] !== true)
          problems.push(`${source} ${id}: ${JSON.stringify(event)}`);
        if (source === "clerk" && !users.has(`user_${id}`)) problems.push(`the user of ${id} is missing`);
        if (source === "stripe") {
          const { status } = await call("GET", `/api/payments/cs_${id}`);
          if (status !== 200) problems.push(`the payment of ${id}: ${status}`);
        }
      }
      return problems;
    },
    duplicates({ documents }) {
      const all = (table: string, field: string) => documents(table).map((document) => document[field]);
      const values = [
        all("webhookEvents", "eventId"),
        all("payments", "sessionId"),
        all("users", "clerkId").filter((id) => id !== undefined),
      ];
      // Revision 1 shows that the effect was applied once.
      const effects = ["payments", "users"].flatMap((table) => documents(table));
      const rewritten = effects
        .filter(({ revision }) => revision !== 1)
        .map(({ _id }) => `${String(_id)} was written again`);
      return [
        ...values.flatMap(repeated).map((id) => `${String(id)} is stored more than once`),
        ...rewritten,
      ];
    },
  };
}
