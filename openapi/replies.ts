import type { AnyContract, Schema, Spec, Status } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { Components } from "./components";
import { headersOf, type HeaderName, type HeaderTraits } from "./headers";
import { isLimited } from "./problems";
import { problemReplies } from "./problemReplies";
import { outputSchema } from "./schemas";

/** Every reply of an operation by status: what it is for, and the problems. */
export function repliesOf(
  contract: AnyContract,
  spec: Spec,
  components: Components,
): Record<string, JsonSchema> {
  const traits: HeaderTraits = {
    cors: !contract.path.startsWith("/webhooks/"),
    limited: isLimited(spec),
    deprecated: spec.deprecated,
  };
  const problems = problemReplies(contract, spec, traits, components);
  const replies = new Map<number, JsonSchema>(problems);
  for (const [status, schema] of successes(contract, spec)) {
    const reply = success(spec, status, schema, traits, components);
    const problem = problems.get(status);
    replies.set(status, problem ? both(reply, components.reply(problem)) : reply);
  }
  // An object puts names that are numbers in order by itself.
  return Object.fromEntries(replies);
}

function successes({ method }: AnyContract, spec: Spec): [Status, Schema | null][] {
  const replies = spec.replies();
  // The keys of an object are text; these are the statuses that the type has.
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
  const content = {
    [spec.docs().media ?? (spec.text ? "text/plain" : "application/json")]: {
      schema: outputSchema(schema, components),
      example: spec.docs().examples?.replies?.[status],
    },
  };
  return { description, headers, content };
}

const DESCRIPTIONS: Record<Status, string> = {
  200: "Done",
  201: "Created",
  202: "Accepted: the work goes on",
  204: "Done, with nothing to show",
  302: "Found elsewhere: `Location` says where",
  304: "Unchanged: what the client holds is good",
  503: "Not available",
};

function ownHeaders(spec: Spec, status: Status): HeaderName[] {
  const { conditional, paged, idempotent, unlisted } = spec;
  const made = status === 201 && !unlisted;
  const names: HeaderName[] = [
    ...(made || status === 302 ? (["Location"] as const) : []),
    ...(spec.headers?.()[status] ?? []),
    ...(conditional && [200, 201, 304].includes(status) ? (["ETag"] as const) : []),
    ...(paged && status === 200 ? (["Link"] as const) : []),
    ...(idempotent ? (["Idempotency-Replayed"] as const) : []),
  ];
  return names;
}

/** A status that means two things: the content type tells which. */
function both(reply: JsonSchema, problem: JsonSchema): JsonSchema {
  const merged = (name: string) => Object.assign({}, reply[name], problem[name]) as JsonSchema;
  return {
    description: `${String(reply["description"])}; ${String(problem["description"])}`,
    headers: merged("headers"),
    content: merged("content"),
  };
}
