import type { AnyContract, Schema, Spec, Status } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { BINARY } from "./binary";
import type { Components } from "./components";
import { headersOf, type HeaderName, type HeaderTraits } from "./headers";
import { isLimited } from "./problems";
import { problemReplies } from "./problemReplies";
import { outputSchema } from "./schemas";
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
  for (const [status, schema] of successes(contract, spec)) {
    const reply = success(spec, status, schema, traits, components);
    const problem = problems.get(status);
    replies.set(status, problem ? merge(reply, components.reply(problem)) : reply);
  }
  // An object orders numeric keys by value.
  return Object.fromEntries(replies);
}

function successes({ method }: AnyContract, spec: Spec): [Status, Schema | null][] {
  const { replies } = spec.docs();
  // `Object.keys` returns strings, but the type of `replies` allows only statuses as keys.
  const all = Object.keys(replies).map((text) => {
    const status = Number(text) as Status;
    return [status, replies[status] ?? null] satisfies [Status, Schema | null];
  });
  return spec.conditional && method === "get" ? [...all, [304, null]] : all;
}

function success(
  spec: Spec,
  status: Status,
  schema: Schema | null,
  traits: HeaderTraits,
  components: Components,
): JsonSchema {
  const description = DESCRIPTIONS[status];
  const headers = headersOf(traits, ownHeaders(spec, status), components);
  if (!schema) return { description, headers };
  return { description, headers, content: contentOf(spec, status, schema, components) };
}

function contentOf(spec: Spec, status: Status, schema: Schema, components: Components): JsonSchema {
  const { media, page, examples } = spec.docs();
  const example = examples?.replies?.[status];
  if (media === "application/octet-stream") {
    const bytes = { schema: BINARY, example };
    return { [media]: bytes, "*/*": bytes };
  }
  const described = outputSchema(schema, components);
  if (spec.paged) described["maxItems"] = MAX_LIMIT;
  return {
    [media ?? (spec.body?.type === "signedText" ? "text/plain" : "application/json")]: {
      schema: described,
      example,
    },
    ...(page && { "text/html": { schema: { type: "string" }, example: "<!doctype html>" } }),
  };
}

const DESCRIPTIONS: Record<Status, string> = {
  200: "Done",
  201: "Created",
  202: "Accepted: the work continues in the background",
  204: "Done, without a body",
  206: "A range of the bytes",
  302: "Redirect: `Location` has the address",
  304: "Unchanged since the client read it",
  503: "Not available",
};

function ownHeaders(spec: Spec, status: Status): HeaderName[] {
  const { conditional, paged, idempotent, unlisted } = spec;
  const created = status === 201 && !unlisted;
  const names: HeaderName[] = [
    ...(created || status === 302 ? (["Location"] as const) : []),
    ...(spec.docs().replyHeaders?.[status] ?? []),
    ...(conditional && [200, 201, 206, 304].includes(status) ? (["ETag"] as const) : []),
    ...(paged && status === 200 ? (["Link"] as const) : []),
    ...(idempotent ? (["Idempotency-Replayed"] as const) : []),
  ];
  return names;
}

/** Merges a reply and a problem that have the same status. Clients distinguish them by content type. */
function merge(reply: JsonSchema, problem: JsonSchema): JsonSchema {
  const members = (name: string) => Object.assign({}, reply[name], problem[name]) as JsonSchema;
  return {
    description: `${String(reply["description"])}; ${String(problem["description"])}`,
    headers: members("headers"),
    content: members("content"),
  };
}
