/** Describes the webhooks that the API sends to partners, for `webhooks` of the document. */
import * as z from "zod/mini";
import type { AnyContract, Schema } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { declaredReplies, exampleSchema } from "../convex/http/kit/replies.kit";
import { nameOf } from "../convex/http/kit/schemaHelpers.kit";
import { EVENT_TYPES, EVENTS, PING, scopeOf } from "../convex/outgoing/eventTypes.lib";
import type { Components } from "./components";
import { outputSchema } from "./schemas";

/** The group of these operations. */
export const EVENTS_TAG = "Events";

/** A schema of the API's replies, with an example. */
type Shown = { schema: Schema; example: unknown };

/** Returns one entry for the test event, and for each event about a resource that a route can read. */
export function outgoingWebhooks(
  contracts: readonly AnyContract[],
  components: Components,
): Record<string, JsonSchema> {
  const shown = shownBy(contracts);
  const scopes = new Set<unknown>(contracts.map(({ spec }) => spec().scope));
  const events = EVENT_TYPES.filter((type) => scopes.has(scopeOf(type))).map((type) => {
    const { schema: name, owner } = EVENTS[type];
    const found = shown.get(name);
    if (!found && name !== DELETED) throw new Error(`No reply has the schema ${name} of the event ${type}`);
    const example = EXAMPLES[type] ?? found?.example ?? { id: exampleId(type, shown) };
    const data = found
      ? outputSchema(found.schema, components)
      : components.use("schemas", DELETED, DELETED_SCHEMA);
    const whose = owner ? "the owner's" : "every owner's";
    const who = `Sent to ${whose} endpoints that subscribe to it and may read it (\`${scopeOf(type) ?? ""}\`).`;
    return [
      type,
      {
        post: outgoing(type, `${SUMMARIES[type.split(".")[1] ?? ""] ?? "Sent"}: ${type}`, who, data, example),
      },
    ];
  });
  const ping = outgoing(
    PING,
    "A test event",
    "Sent by `POST /api/webhook-endpoints/{id}/test`. `data` has the id of the endpoint.",
    components.use("schemas", "PingData", PING_SCHEMA),
    { id: "n97b2q9v3s1x8w6t4r0pzc5m7h6e" },
  );
  return Object.fromEntries([...events, [PING, { post: ping }]]) as Record<string, JsonSchema>;
}

/** Returns the named schemas of all replies, as the API's own examples show them. */
function shownBy(contracts: readonly AnyContract[]): Map<string, Shown> {
  const shown = new Map<string, Shown>();
  for (const { spec } of contracts) {
    const { replies, examples } = spec().docs();
    for (const [status, [first]] of declaredReplies(replies)) {
      const schema = first && exampleSchema(first);
      if (!schema) continue;
      const example = examples?.replies?.[status];
      const isList = schema instanceof z.ZodMiniArray;
      const element = isList ? (schema.def.element as Schema) : schema;
      const name = nameOf(element);
      if (name === undefined || shown.has(name)) continue;
      shown.set(name, { schema: element, example: isList ? (example as unknown[])[0] : example });
    }
  }
  return shown;
}

function outgoing(
  type: string,
  summary: string,
  description: string,
  data: JsonSchema,
  example: unknown,
): JsonSchema {
  const value = { type, timestamp: "2026-01-31T12:00:00.000Z", data: example };
  return {
    operationId: `on${type.replaceAll(/(?:^|\.)(.)/g, (_, letter: string) => letter.toUpperCase())}`,
    tags: [EVENTS_TAG],
    summary,
    description: `${description} The signature is that of [Standard Webhooks](https://www.standardwebhooks.com).`,
    security: [],
    parameters: HEADERS,
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["type", "timestamp", "data"],
            properties: {
              type: { type: "string", const: type, description: "The event's type." },
              timestamp: { type: "string", format: "date-time", description: "When the change was made." },
              data: { ...data, description: DATA },
            },
          },
          example: value,
        },
      },
    },
    responses: {
      "2XX": { description: "Received. Reply within 15 seconds, and do the work afterwards." },
      "410": { description: "The address is gone: the endpoint is disabled." },
      default: {
        description: "Not received: the event is sent again after a wait. Redirects are not followed.",
      },
    },
  };
}

const header = (name: string, description: string, example: string) => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string" },
  example,
});

const HEADERS = [
  header(
    "webhook-id",
    "The event's id, the same in every attempt. Ignore an id that you have processed.",
    "q17e2q9v3s1x8w6t4r0pzc5m7h6v",
  ),
  header("webhook-timestamp", "When the attempt was made, in seconds since 1970.", "1769860800"),
  header(
    "webhook-signature",
    "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; one for each secret, separated by spaces.",
    "v1,q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=",
  ),
];

const DATA = "The resource after the change, as its GET shows it. Of a deleted resource, only its id.";

const DELETED = "DeletedResource";
const ID = { type: "object", required: ["id"] };
const DELETED_SCHEMA = {
  ...ID,
  properties: { id: { type: "string", description: "The id of what was deleted." } },
};
const PING_SCHEMA = { ...ID, properties: { id: { type: "string", description: "The endpoint's id." } } };

/** The resources whose examples have the ids of deleted things. */
const RESOURCES: Readonly<Record<string, string>> = { item: "Item", file: "StoredFile", user: "User" };

function exampleId(type: string, shown: ReadonlyMap<string, Shown>): string {
  const resource = shown.get(RESOURCES[type.slice(0, type.indexOf("."))] ?? "");
  return (resource?.example as { id?: string } | undefined)?.id ?? "k57f2q9v3s1x8w6t4r0pzc5m7h6a";
}

/** Examples where the reply of GET shows another state than the event. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  "job.failed": {
    id: "j57f2q9v3s1x8w6t4r0pzc5m7h6j",
    status: "failed",
    error: "The job did not finish in time",
  },
};

const SUMMARIES: Readonly<Record<string, string>> = {
  created: "Something was created",
  updated: "Something was changed",
  deleted: "Something was deleted",
  succeeded: "A job has succeeded",
  failed: "A job has failed",
  rotated: "A key was replaced",
  revoked: "A key was revoked",
};
