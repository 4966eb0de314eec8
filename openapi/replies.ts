import type { AnyContract, Spec, Status } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { declaredReplies, type MadeReply } from "../convex/http/kit/replies.kit";
import { BINARY } from "./binary";
import type { Components } from "./components";
import { declaredHeaders, headersOf, type HeaderName, type HeaderTraits } from "./headers";
import { isLimited } from "./problems";
import { problemReplies } from "./problemReplies";
import { outputSchema } from "./schemas";
import { streamContent } from "./streams";
import { MAX_LIMIT } from "../convex/http/kit/paging.kit";

/** Returns all replies of an operation by status: its successes and its problems. */
export function repliesOf(
  contract: AnyContract,
  spec: Spec,
  components: Components,
): Record<string, JsonSchema> {
  const traits: HeaderTraits = {
    cors: !contract.path.startsWith("/webhooks/"),
    limited: isLimited(spec),
    deprecated: spec.deprecated,
    replayed: spec.idempotent === "external",
  };
  const problems = problemReplies(contract, spec, traits, components);
  const replies = new Map<number, JsonSchema>(problems);
  for (const [status, made] of successes(contract, spec)) {
    const reply = success(spec, status, made, traits, components);
    const problem = problems.get(status);
    replies.set(status, problem ? merge(reply, components.reply(problem)) : reply);
  }
  // An object orders numeric keys by value.
  return Object.fromEntries(replies);
}

function successes({ method }: AnyContract, spec: Spec): [Status, MadeReply[]][] {
  const all = declaredReplies(spec.docs().replies);
  const unchanged = spec.conditional && method === "get" && !all.some(([status]) => status === 304);
  return unchanged ? [...all, [304, []]] : all;
}

function success(
  spec: Spec,
  status: Status,
  made: readonly MadeReply[],
  traits: HeaderTraits,
  components: Components,
): JsonSchema {
  const { examples } = spec.docs();
  const base = headersOf(traits, ownHeaders(spec, status, made), components);
  const own = Object.assign(
    {},
    ...made.map(({ headers }) => declaredHeaders(headers, components)),
  ) as JsonSchema;
  const content = Object.assign(
    {},
    ...made.map((reply, at) =>
      contentOf(reply, spec, at === 0 ? examples?.replies?.[status] : undefined, components),
    ),
  ) as JsonSchema;
  return {
    description: DESCRIPTIONS[status],
    // The first object sets the order, and the last one the values.
    headers: { "X-Request-Id": undefined, ...own, ...base, ...own },
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** Returns the media types of a reply. The contract gives the example of the first alternative. */
function contentOf(reply: MadeReply, spec: Spec, given: unknown, components: Components): JsonSchema {
  switch (reply.kind) {
    case "empty":
      return {};
    case "json": {
      const schema = outputSchema(reply.schema, components);
      if (spec.paged) schema["maxItems"] = MAX_LIMIT;
      return { "application/json": { schema, example: given } };
    }
    case "text": {
      const example = given ?? (reply.media === "text/html" ? "<!doctype html>" : "");
      return { [reply.media]: { schema: outputSchema(reply.schema, components), example } };
    }
    case "binary": {
      const bytes = { schema: BINARY, example: given ?? "The bytes" };
      return { [reply.media]: bytes, ...(reply.media === "application/octet-stream" && { "*/*": bytes }) };
    }
    case "ndjson":
    case "events":
      return streamContent(reply, given, components);
  }
}

const DESCRIPTIONS: Record<Status, string> = {
  200: "Done",
  201: "Created",
  202: "Accepted: the work continues in the background",
  203: "Done, with content that another source has changed",
  204: "Done, without a body",
  205: "Done: reset the form",
  206: "A range of the bytes",
  207: "Several results, each with its own status",
  300: "Several addresses to choose from",
  301: "Moved permanently: `Location` has the address",
  302: "Redirect: `Location` has the address",
  303: "See `Location`, by GET",
  304: "Unchanged since the client read it",
  307: "Redirect: `Location` has the address, for the same method",
  308: "Moved permanently: `Location` has the address, for the same method",
  503: "Not available",
};

/** Returns the headers that follow from the contract and the status. */
function ownHeaders(spec: Spec, status: Status, made: readonly MadeReply[]): HeaderName[] {
  const { conditional, paged, idempotent, unlisted } = spec;
  const created = status === 201 && !unlisted;
  const isStream = made.some(({ kind }) => kind === "ndjson" || kind === "events");
  return [
    ...(created || REDIRECTS.includes(status) ? (["Location"] as const) : []),
    ...(status === 206 ? (["Content-Range"] as const) : []),
    ...(conditional && [200, 201, 203, 206, 304].includes(status) ? (["ETag"] as const) : []),
    ...(paged && status === 200 ? (["Link"] as const) : []),
    ...(idempotent ? (["Idempotency-Replayed"] as const) : []),
    ...(isStream ? (["X-Accel-Buffering"] as const) : []),
  ];
}

const REDIRECTS: readonly Status[] = [301, 302, 303, 307, 308];

/** Merges a reply and a problem that have the same status. Clients distinguish them by content type. */
function merge(reply: JsonSchema, problem: JsonSchema): JsonSchema {
  const members = (name: string) => Object.assign({}, reply[name], problem[name]) as JsonSchema;
  return {
    description: `${String(reply["description"])}; ${String(problem["description"])}`,
    headers: members("headers"),
    content: members("content"),
  };
}
