/** The contracts are consistent: unique names, valid examples, and scopes that match paths and methods. */
import * as z from "zod/mini";
import { describe, expect, expectTypeOf, test } from "vitest";
import { SCOPES } from "../identity/scopes.lib";
import { api } from "./api.app";
import { toPayment, toSubscription } from "../views/billing.lib";
import { toDelivery, toEndpoint } from "../views/endpoint.lib";
import { toFile } from "../views/file.lib";
import { toItem } from "../views/item.lib";
import { toJob } from "../views/job.lib";
import { toKey } from "../views/key.lib";
import { toUser } from "../views/user.lib";
import type { Payment, Subscription } from "./billing/billing.contract";
import type { Delivery } from "./endpoints/deliveries.contract";
import type { Endpoint } from "./endpoints/endpoints.contract";
import type { StoredFile } from "./files/files.contract";
import type { Item } from "./items/items.contract";
import type { Job } from "./jobs/jobs.contract";
import type { Key } from "./keys/keys.contract";
import type { Schema, Shape } from "./kit/contract.kit";
import { declaredReplies, exampleSchema } from "./kit/replies.kit";
import type { User } from "./users/users.contract";
import { routeOf, type Route } from "./testing/routes.testing";

const routes = (await api.contracts()).map(routeOf);

/** Expects that a value matches a schema. A failure shows the reason. */
function fits(schema: Schema, value: unknown): void {
  expect(schema.safeParse(value)).toMatchObject({ success: true });
}

/** Returns the schema without unknown fields, so that an example contains only fields that the route sends. */
function strict(schema: Schema): Schema {
  if (schema instanceof z.ZodMiniObject) return z.strictObject(schema.shape as Record<string, Schema>);
  if (schema instanceof z.ZodMiniArray) return z.array(strict(schema.def.element as Schema));
  return schema;
}

const HALF_A_YEAR_MS = 180 * 24 * 60 * 60 * 1000;

/** The scope's resource of routes whose path does not name it, by the first path segment after `/api/`. */
const SCOPE_RESOURCES: Record<string, string> = {
  upload: "files",
  "upload-url": "files",
  process: "jobs",
  payments: "billing",
  subscriptions: "billing",
  "audit-events": "audit",
  "webhook-events": "webhooks",
  "webhook-endpoints": "endpoints",
  "webhook-deliveries": "endpoints",
};
/** Returns the scope that a route must need: `read` for GET, otherwise `write`. The function lists all exceptions. */
function scopeFor({ method, path }: Route): string | null {
  const [, name] = /^\/(?:api\/|(?=files\/))([\w-]+)/.exec(path) ?? [];
  if (name === undefined || ["data", "form"].includes(name)) return null;
  if (["protected", "user"].includes(name)) return "any";
  return `${SCOPE_RESOURCES[name] ?? name}:${method === "GET" ? "read" : "write"}`;
}

test("the views have the shapes that the contracts declare", () => {
  expectTypeOf(toItem).returns.toExtend<Shape<typeof Item>>();
  expectTypeOf(toUser).returns.toExtend<Shape<typeof User>>();
  expectTypeOf(toKey).returns.toExtend<Shape<typeof Key>>();
  expectTypeOf(toJob).returns.toExtend<Shape<typeof Job>>();
  expectTypeOf(toFile).returns.toExtend<Shape<typeof StoredFile>>();
  expectTypeOf(toPayment).returns.toExtend<Shape<typeof Payment>>();
  expectTypeOf(toSubscription).returns.toExtend<Shape<typeof Subscription>>();
  expectTypeOf(toEndpoint).returns.toExtend<Shape<typeof Endpoint>>();
  expectTypeOf(toDelivery).returns.toExtend<Shape<typeof Delivery>>();
});

test("operation ids are unique, and are valid names for a generated client", () => {
  const ids = routes.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
});

test("no two contracts have the same method and path", () => {
  const titles = routes.map(({ title }) => title.replaceAll(/:\w+/g, ":"));
  expect(new Set(titles).size).toBe(titles.length);
});

describe.each(routes.map((route) => [route.title, route] as const))("%s", (_, route) => {
  const { docs, scope } = route;
  const { replies, examples = {} } = docs();
  const { params, query, json, form } = route.inputs;
  const body = json ?? (form && z.object(form)) ?? (route.body?.type === "anyJson" ? z.unknown() : undefined);

  test("has an existing scope, a summary, a description and a tag", () => {
    if (scope !== null && scope !== "any") expect(SCOPES).toContain(scope);
    expect(docs().summary).toMatch(/^[A-Z][^.]+[^.]$/);
    expect(docs().description).toMatch(/^[A-Z`].+\.$/);
    expect(docs().tag).toMatch(/^[A-Z]/);
  });

  test("has the scope that matches its path and method", () => {
    expect(scope).toBe(scopeFor(route));
  });

  test("declares replies, and a body only where the method allows one", () => {
    expect(Object.keys(replies).length).toBeGreaterThan(0);
    if (route.paged) expect([route.method, route.query]).toEqual(["GET", undefined]);
    if (body) expect(["POST", "PUT", "PATCH"]).toContain(route.method);
  });

  test("every path parameter has a valid example", () => {
    for (const [name, schema] of Object.entries(params)) fits(schema, examples.params?.[name]);
    expect(Object.keys(examples.params ?? {})).toEqual(Object.keys(params));
  });

  test("every query parameter has a valid example, and every header a description", () => {
    // A collection made of the examples would send an example cursor, and the API refuses a cursor that it did not issue.
    const { cursor, ...shown } = query;
    for (const [name, schema] of Object.entries(shown)) fits(schema, examples.query?.[name]);
    expect(Object.keys(examples.query ?? {})).toEqual(Object.keys(shown));
    expect(cursor === undefined || (docs().problems ?? []).includes("invalid_cursor")).toBe(true);
    for (const { description } of Object.values(docs().headers ?? {})) expect(description).toMatch(/^.+\.$/);
  });

  test("combinations of filters name declared filters", () => {
    const { filters, together = [] } = typeof route.paged === "object" ? route.paged : {};
    for (const names of together) {
      expect(names.length).toBeGreaterThan(1);
      expect(Object.keys(query)).toEqual(expect.arrayContaining([...names]));
    }
    if (together.length > 0) expect(filters).toBeDefined();
  });

  test("a deprecated route stays for half a year, and its successor uses the same path parameters", () => {
    const { since, sunset, successor } = route.deprecated ?? {};
    for (const day of [since, sunset]) {
      if (day !== undefined) expect(new Date(day).toISOString()).toBe(`${day}T00:00:00.000Z`);
    }
    if (since !== undefined && sunset !== undefined)
      expect(Date.parse(sunset)).toBeGreaterThanOrEqual(Date.parse(since) + HALF_A_YEAR_MS);
    for (const [name] of (successor ?? "").matchAll(/:\w+/g)) expect(route.path).toContain(name);
  });

  test("the body has a valid example", () => {
    if (body) fits(body, examples.body);
    else expect(examples.body).toBeUndefined();
  });

  test("every example of an event has data that fit", () => {
    for (const [status, made] of declaredReplies(replies)) {
      for (const reply of made) {
        if (reply.kind !== "events") continue;
        const { event = "message", data } = examples.replies?.[status] as { event?: string; data: unknown };
        fits(strict(reply.events[event] ?? z.never()), data);
      }
    }
  });

  test("every reply with a body has a valid example without unknown fields", () => {
    const declared = declaredReplies(replies)
      .filter(([, [first]]) => first?.kind !== "events")
      .map(([status, [first]]) => [status, first && exampleSchema(first)] as const);
    for (const [status, schema] of declared) {
      const example = examples.replies?.[status];
      if (schema) fits(strict(schema), example);
      else expect(example).toBeUndefined();
    }
    expect(Object.keys(examples.replies ?? {}).sort()).toEqual(
      declared.flatMap(([status, schema]) => (schema ? [String(status)] : [])).sort(),
    );
  });
});
