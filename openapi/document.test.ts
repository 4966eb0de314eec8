/** Rules for every operation of the document. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { api } from "../convex/http/api.app";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { declaredReplies } from "../convex/http/kit/replies.kit";
import { SECURITY_HEADERS } from "../convex/http/middleware/securityHeaders.middleware";
import { EVENT_TYPES, PING } from "../convex/outgoing/eventTypes.lib";
import { SOURCES } from "../convex/http/webhooks/webhooks.contract";
import { describedBy, type Operation } from "./contract/described";
import { validationErrors } from "./contract/schemas";
import { DOCUMENT, documentText } from "./documentText";
import { productDocument } from "./product";
import { TAGS } from "./tags";

type Exampled = { schema: JsonSchema; example?: unknown; examples?: Record<string, { value: unknown }> };
type DescribedOperation = Operation & { tags: string[]; summary: string; description: string };

const contracts = await api.contracts();
const document = await productDocument();
/** The webhooks that the API receives, and those that it sends. */
const bothWays = Object.entries(document["webhooks"] as Record<string, JsonSchema>);
const isSent = ([name]: [string, JsonSchema]) => name === PING || (EVENT_TYPES as string[]).includes(name);
const received = describedBy({
  ...document,
  paths: Object.fromEntries(bothWays.filter((webhook) => !isSent(webhook))),
});
const sent = describedBy({ ...document, paths: Object.fromEntries(bothWays.filter(isSent)) })
  .operations as DescribedOperation[];
// The type `Operation` has only the members that the contract tests need. These tests need more.
const operations = describedBy(document).operations as DescribedOperation[];
const webhooks = received.operations as DescribedOperation[];
const all = [...operations, ...webhooks].map((operation) => [operation.operationId, operation] as const);

/** Returns all examples of a parameter, header or media type, and expects at least one. */
function examplesOf({ example, examples }: Exampled): unknown[] {
  const found = examples ? Object.values(examples).map(({ value }) => value) : [example];
  expect(found.length).toBeGreaterThan(0);
  return found;
}

/** Validates the examples against their schema. */
function expectValidExamples(what: string, exampled: Exampled): void {
  for (const example of examplesOf(exampled)) {
    expect(example, what).toBeDefined();
    expect(validationErrors(exampled.schema, example, what)).toEqual([]);
  }
}
/** Whether a reply has no body: 304, and a reply that the contract declares without one. */
function isEmpty({ operationId }: Operation, status: string): boolean {
  const spec = contracts.find((contract) => contract.spec().operationId === operationId)?.spec();
  const made = spec && declaredReplies(spec.docs().replies).find(([declared]) => String(declared) === status);
  return status === "304" || made?.[1].every(({ kind }) => kind === "empty") === true;
}
const contents = (content: object | undefined) => Object.entries(content ?? {}) as [string, Exampled][];

describe.each(all)("%s", (_, operation) => {
  test("has a summary, a description, and one tag with a description", () => {
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(operation.description).toMatch(/^[A-Z]/);
    expect(operation.tags).toHaveLength(1);
    for (const tag of operation.tags) expect(TAGS[tag]).toMatch(/\.$/);
  });

  test("every parameter and body has an example that fits", () => {
    // A collection made of the examples would send an example cursor, which no list has issued.
    for (const parameter of operation.parameters)
      if (parameter.name !== "cursor") expectValidExamples(parameter.name, parameter);
    const { requestBody } = operation;
    for (const [type, media] of contents(requestBody?.content)) expectValidExamples(type, media);
    if (["GET", "DELETE"].includes(operation.method)) expect(requestBody).toBeUndefined();
  });

  test("every reply has its headers and an example that fits", () => {
    for (const [status, { headers = {}, content }] of Object.entries(operation.responses)) {
      expect(Object.keys(headers)).toEqual(
        expect.arrayContaining(["X-Request-Id", "Cache-Control", ...Object.keys(SECURITY_HEADERS)]),
      );
      for (const [name, header] of Object.entries(headers)) expectValidExamples(`${status} ${name}`, header);
      for (const [type, media] of contents(content)) expectValidExamples(`${status} ${type}`, media);
      expect(content === undefined).toBe(isEmpty(operation, status));
    }
  });

  test("all replies except those of webhooks have CORS headers", () => {
    for (const { headers = {} } of Object.values(operation.responses))
      expect("Access-Control-Allow-Origin" in headers && "Vary" in headers).toBe(
        !operation.tags.includes("Webhooks"),
      );
  });
});

test("every contract has an operation, and operation ids are unique", () => {
  const declared = contracts.map(({ spec }) => spec().operationId);
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(declared.sort());
  expect(new Set(all.map(([id]) => id)).size).toBe(all.length);
});

test.each(contracts.map(({ spec }) => [spec().operationId, spec()] as const))(
  "%s documents its credentials and scope, in security and in its description",
  (id, { scope, credential, anonymous }) => {
    const { security, description } = operations.find(({ operationId }) => operationId === id) ?? {};
    const scopes = scope === "any" ? [] : [scope];
    const key = { apiKey: scopes };
    const bearer = { bearer: scopes };
    const either = { "x-api-key": [key], authorization: [bearer], either: [key, bearer] }[
      credential ?? "either"
    ];
    expect(security).toEqual(scope === null ? [] : [...(anonymous ? [{}] : []), ...either]);
    if (scope !== null && scope !== "any") expect(description).toContain(`\`${scope}\``);
    expect(description).toMatch(/^Who may call: [^\n]+\.$/m);
  },
);

test("a body of any type lists a concrete type first, which generated clients send", () => {
  const types = operations.map(({ requestBody }) => Object.keys(requestBody?.content ?? {}));
  const free = types.filter((accepted) => accepted.includes("*/*"));
  expect(free).toContainEqual(["application/octet-stream", "multipart/form-data", "*/*"]);
  for (const [first] of free) expect(first).not.toContain("*");
});

test("every event that the API sends has its type, a described schema and an example that fits", () => {
  expect(sent.map(({ path }) => path)).toEqual([...EVENT_TYPES, PING]);
  for (const { path, summary, tags, requestBody, parameters, responses } of sent) {
    expect([summary.length > 0, tags]).toEqual([true, ["Events"]]);
    for (const [type, media] of contents(requestBody?.content)) {
      expectValidExamples(`${path} ${type}`, media);
      expect(media.example).toMatchObject({ type: path });
    }
    for (const parameter of parameters) expectValidExamples(parameter.name, parameter);
    expect(parameters.map(({ name }) => name)).toEqual([
      "webhook-id",
      "webhook-timestamp",
      "webhook-signature",
    ]);
    expect(Object.keys(responses)).toEqual(["410", "2XX", "default"]);
  }
});

test("each webhook has the same request, replies and security as the route that receives it", () => {
  expect(webhooks.map(({ path }) => path)).toEqual(Object.keys(SOURCES));
  for (const webhook of webhooks) {
    const route = operations.find(({ path }) => path === `/webhooks/${webhook.path}`);
    expect(webhook.description).toContain(`\`/webhooks/${webhook.path}\``);
    for (const part of ["requestBody", "responses", "security"] as const)
      expect(webhook[part]).toEqual(route?.[part]);
    expect(route?.parameters).toEqual(expect.arrayContaining(webhook.parameters));
    expect(webhook.parameters.map(({ name }) => name).join()).toMatch(/signature/i);
  }
});

describe("the requirements of code generators", () => {
  const { schemas } = document["components"] as { schemas: Record<string, JsonSchema> };

  /** Global types of browsers and of Node that a generated type of the same name would hide. */
  const GLOBALS = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name));

  test("no schema has the name of a global type", () => {
    expect(Object.keys(schemas).filter((name) => GLOBALS.includes(name) || name === "Document")).toEqual([]);
  });

  test("every field of a schema has a description", () => {
    const undescribed = Object.entries(schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties as Record<string, JsonSchema>)
        .filter(([, property]) => !("description" in property) && !("$ref" in property))
        .map(([field]) => `${name}.${field}`),
    );
    // The contracts of these schemas describe the fields elsewhere.
    expect(undescribed.filter((field) => !/^(WebhookEvent|Payment|Subscription)/.test(field))).toEqual([]);
  });

  test("every list documents its maximum length and its default limit", () => {
    const lists = operations.filter(({ parameters }) => parameters.some(({ name }) => name === "limit"));
    expect(lists.length).toBeGreaterThan(4);
    for (const { parameters, responses } of lists) {
      const limit = parameters.find(({ name }) => name === "limit");
      expect(limit?.schema).toMatchObject({ type: "integer", minimum: 1, maximum: 100, default: 10 });
      const [list] = contents(responses["200"]?.content);
      expect(list?.[1].schema).toMatchObject({ type: "array", maxItems: 100 });
    }
  });

  test("every field and parameter of a request has a description", () => {
    for (const { operationId, parameters, requestBody } of operations) {
      if (operationId === "listWebhookEvents" || /WebhookEvent|Payment|Subscription/.test(operationId))
        continue;
      for (const parameter of parameters)
        expect(parameter, `${operationId} ${parameter.name}`).toHaveProperty("description");
      for (const [, { schema }] of contents(requestBody?.content))
        for (const [name, field] of Object.entries(schema["properties"] ?? {}))
          expect(field, `${operationId} ${name}`).toHaveProperty("description");
    }
  });

  test("each operation has a different example of Idempotency-Key", () => {
    const keys = operations.flatMap(({ parameters }) =>
      parameters
        .filter(({ name }) => name === "Idempotency-Key")
        .flatMap((parameter) => examplesOf(parameter)),
    );
    expect(keys.length).toBeGreaterThan(4);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("bytes are binary strings, in requests and in replies", () => {
    const binary = { type: "string", format: "binary" };
    const { requestBody } = operations.find(({ operationId }) => operationId === "uploadFile") ?? {};
    expect(requestBody?.content["application/octet-stream"]?.schema).toEqual(binary);
    const { responses } = operations.find(({ operationId }) => operationId === "downloadFile") ?? {};
    for (const status of ["200", "206"])
      expect(responses?.[status]?.content?.["application/octet-stream"]?.schema).toEqual(binary);
  });

  test("each variant of a problem has types and required members of its own", () => {
    const { responses } = document["components"] as { responses: Record<string, JsonSchema> };
    const variants =
      JSON.stringify(responses).match(/"allOf":\[[^\]]*?\},\{"type":"object","required"/g) ?? [];
    expect(variants.length).toBe((JSON.stringify(responses).match(/"allOf"/g) ?? []).length);
    expect(variants.length).toBeGreaterThan(10);
  });
});

describe("the document", () => {
  test("is generated with the same text each time, and is committed", async () => {
    const text = await documentText();
    expect(await documentText()).toBe(text);
    expect(text).toBe(readFileSync(DOCUMENT, "utf8"));
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("is OpenAPI 3.1, and its server is the host that serves the document", () => {
    expect(document).toMatchObject({ openapi: "3.1.0", servers: [{ url: "/" }] });
  });

  test("describes the conventions of all operations", () => {
    const { description } = document["info"] as { description: string };
    expect(description.match(/^## .+$/gm)).toEqual([
      "## Quick start",
      "## Conventions",
      "## Authentication",
      "## Pagination",
      "## Conditional requests",
      "## Idempotency",
      "## Limits",
      "## Errors",
      "## Versions",
    ]);
  });

  test("permits additional fields in replies", () => {
    const { schemas } = document["components"] as { schemas: Record<string, JsonSchema> };
    expect(Object.keys(schemas)).toContain("User");
    expect(JSON.stringify(schemas)).not.toContain("additionalProperties");
  });
});
