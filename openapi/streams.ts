import type { Schema } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { EventsReply, NdjsonReply } from "../convex/http/kit/replies.kit";
import type { Components } from "./components";
import { anyProblem } from "./problemExamples";
import { outputSchema } from "./schemas";

/**
 * Describes a stream. OpenAPI 3.1 has no schema for the items of a stream, so the body is a string, and `x-itemSchema` describes each
 * line, or each event after its `data` was parsed. OpenAPI 3.2 calls this `itemSchema`.
 *
 * A stream that fails ends with a problem, so each stream also describes that last item.
 */
export function streamContent(
  reply: NdjsonReply | EventsReply,
  example: unknown,
  components: Components,
): JsonSchema {
  const problem = anyProblem(components);
  const schema = (one: Schema) => outputSchema(one, components);
  if (reply.kind === "ndjson") {
    const failed = {
      type: "object",
      required: ["problem"],
      properties: { problem: { ...problem, description: "Why the stream stops before its last item." } },
    };
    const lines = [reply.line, ...(reply.last ? [reply.last] : [])].map(schema);
    return stream("application/x-ndjson", [...lines, failed], `${JSON.stringify(example)}\n`);
  }
  const named = Object.entries(reply.events).map(([name, data]) => [name, schema(data)] as const);
  const items = [...named, ["problem", problem] as const].map(([name, data]) => ({
    type: "object",
    required: ["event", "data"],
    properties: { event: { type: "string", const: name }, id: { type: "string" }, data },
  }));
  return stream("text/event-stream", items, textOf(example as Event | undefined));
}

const stream = (media: string, items: JsonSchema[], example: string): JsonSchema => ({
  [media]: { schema: { type: "string" }, "x-itemSchema": { anyOf: items }, example },
});

type Event = { event?: string; id?: string; data: unknown };

const textOf = ({ event = "message", id, data }: Event = { data: {} }): string =>
  [
    `event: ${event}`,
    ...(id === undefined ? [] : [`id: ${id}`]),
    `data: ${JSON.stringify(data)}`,
    "",
    "",
  ].join("\n");
