import type { AnyContract } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { limitOf } from "../convex/http/kit/limits.kit";
import type { Sender } from "../scripts/webhook/sender";
import { SENDERS } from "../scripts/webhook/senders";
import type { Components } from "./components";

/** The senders by the names of all sources. A source may have no sender. */
const BY_NAME: Readonly<Record<string, Sender>> = SENDERS;

/** Returns the webhook source of a route, or undefined for other routes. */
const sourceOf = ({ path }: AnyContract): string | undefined => /^\/webhooks\/(\w+)$/.exec(path)?.[1];

/** Returns the entry of a source in `webhooks`: the request that the source sends and the route accepts. */
export function webhookOf(contract: AnyContract, described: JsonSchema): Record<string, JsonSchema> {
  const source = sourceOf(contract);
  if (source === undefined) return {};
  const description = `Sent to \`${contract.path}\`. ${String(described["description"])}`;
  return { [source]: { [contract.method]: { ...described, operationId: `${source}Event`, description } } };
}

/** Returns the request body of a source's events. The events of `npm run webhook` are its examples. */
export function webhookBody(contract: AnyContract, example: unknown, components: Components): JsonSchema {
  const source = sourceOf(contract) ?? "";
  const sender = BY_NAME[source];
  const examples = Object.entries(sender?.events ?? {}).map(([type, make]) => {
    return [type, { value: make({ id: `evt_${type}`, type, now: NOON }) }] as const;
  });
  const media = {
    schema: { type: "object" },
    ...(examples.length > 0 ? { examples: Object.fromEntries(examples) } : { example: example ?? {} }),
  };
  const mebibytes = limitOf(contract.spec().body) / 2 ** 20;
  const body = {
    description: `The event exactly as the source signed it. Maximum: ${mebibytes} MiB.`,
    required: true,
    // A signature does not cover the media type, so the server ignores it.
    content: {
      "application/json": media,
      ...(sender?.form && { "application/x-www-form-urlencoded": FORM }),
      "*/*": { schema: {}, example: "The same JSON" },
    },
  };
  return components.use("requestBodies", `${source}Event`, body);
}

const FORM = {
  schema: {
    type: "object",
    properties: { payload: { type: "string", description: "The JSON of the event." } },
    required: ["payload"],
  },
  example: { payload: '{"zen":"Keep it logically awesome."}' },
};

/** The time of the examples: 2026-01-31 at noon, UTC. */
const NOON = Date.UTC(2026, 0, 31, 12);

const EXAMPLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(SENDERS).flatMap(({ headerExamples = {} }) => Object.entries(headerExamples)),
);

/** Returns an example of a header that a source sends. */
export const signedHeader = (name: string): string => EXAMPLES[name] ?? "value";
