/** A workload of signed webhooks. Each is sent twice at the same time, and again after a restart. */
import { freshId, signedHeaders, type WebhookSource } from "../../../scripts/webhook/senders";
import type { Call } from "../client";
import { everything } from "../client";
import { KILLED_SOURCES } from "./sources";
import type { Workload } from "./workload";
import { expectStatus, repeated, sample } from "./workload";
import { SECRETS } from "../server";

interface Event {
  readonly source: WebhookSource;
  readonly type: string;
  readonly id: string;
  readonly body: string;
}

export function webhooks(): Workload {
  const acknowledged: Event[] = [];
  const open = new Set<Event>();
  const send = (call: Call, event: Event) => {
    const headers = signedHeaders({ ...event, secret: SECRETS[event.source], now: Date.now() });
    return call("POST", `/webhooks/${event.source}`, event.body, headers);
  };
  const idsOf = (name: string): string[] =>
    acknowledged.filter(({ source }) => source === name).map(({ id }) => id);
  return {
    name: "webhooks",
    workers: 6,
    acknowledged: () => acknowledged.length,
    async work({ call, random }) {
      const at = Math.floor(random() * KILLED_SOURCES.length);
      const { name: source, eventOf } = KILLED_SOURCES[at] as (typeof KILLED_SOURCES)[number];
      const id = freshId(source);
      const { type, body } = eventOf(id, Date.now());
      const event: Event = { source, type, id, body: JSON.stringify(body) };
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
      const problems: string[] = [];
      for (const { source, id } of acknowledged) {
        const event = log.get(id);
        if (event?.["status"] !== "success" || event["handled"] !== true)
          problems.push(`${source} ${id}: ${JSON.stringify(event)}`);
      }
      for (const { name, missing } of KILLED_SOURCES) {
        problems.push(...((await missing?.(call, idsOf(name))) ?? []));
      }
      return problems;
    },
    duplicates({ documents }) {
      const tables = KILLED_SOURCES.flatMap(({ effects }) => effects ?? []);
      const values = [{ table: "webhookEvents", field: "eventId" }, ...tables].map(({ table, field }) =>
        documents(table)
          .map((document) => document[field])
          .filter((value) => value !== undefined),
      );
      // Revision 1 shows that the effect was applied once.
      const rewritten = tables
        .flatMap(({ table }) => documents(table))
        .filter(({ revision }) => revision !== 1)
        .map(({ _id }) => `${String(_id)} was written again`);
      return [
        ...values.flatMap(repeated).map((id) => `${String(id)} is stored more than once`),
        ...rewritten,
      ];
    },
  };
}
