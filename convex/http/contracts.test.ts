/** The contracts are consistent: unique names, valid examples, and scopes that match paths and methods. */
import * as z from "zod/mini";
import { describe, expect, test } from "vitest";
import { SCOPES } from "../identity/scopes.lib";
import { api } from "./api.app";
import type { Access, Schema } from "./kit/contract.kit";
import { declaredReplies, exampleSchema } from "./kit/replies.kit";
import { FIXTURES } from "./testing/fixtures.testing";
import { resourceOf, routeOf, type Route } from "./testing/routes.testing";

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

/** Returns the access that a route must have: the exception in its fixtures, or what follows from its path and method. */
function accessOf({ method, path, title }: Route): Access {
  if (Object.hasOwn(FIXTURES.access, title)) return FIXTURES.access[title] ?? null;
  const [, name] = /^\/api\/([\w-]+)/.exec(path) ?? [];
  if (name === undefined) return null;
  const scope = `${FIXTURES.scopeNames[name] ?? name}:${method === "GET" ? "read" : "write"}`;
  return (
    SCOPES.find((known) => known === scope) ??
    fail(`${scope} is not a scope: add it, or declare the access of ${title}`)
  );
}

function fail(message: string): never {
  throw new Error(message);
}

test("every fixture names a route, a path or a setting that exists", () => {
  const titles = routes.map(({ title }) => title);
  const { access, bodies, lists, needMoreThanScope, redirects, neverAccepted } = FIXTURES;
  for (const byTitle of [access, bodies, lists, needMoreThanScope])
    expect(titles).toEqual(expect.arrayContaining(Object.keys(byTitle)));
  expect(titles).toEqual(expect.arrayContaining([...redirects, ...neverAccepted]));
  const used = new Set(routes.map(resourceOf));
  for (const [path, resource] of Object.entries(FIXTURES.resources)) expect(used, path).toContain(resource);
  const paths = routes.filter(({ paged }) => paged).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(Object.keys(FIXTURES.onlyListed)));
  const names = routes.map(({ path }) => path.split("/")[2]);
  expect(names).toEqual(expect.arrayContaining(Object.keys(FIXTURES.scopeNames)));
  const settings = routes.map(({ needs }) => needs?.setting);
  expect(settings).toEqual(expect.arrayContaining(Object.keys(FIXTURES.settings)));
});

test("operation ids are unique, and are valid names for a generated client", () => {
  const ids = routes.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
});

test("no two contracts have the same method and path", () => {
  const titles = routes.map(({ title }) => title.replaceAll(/(?<=\/)[:*]\w+/g, ":"));
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
    expect(scope).toBe(accessOf(route));
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
    // The example of a form with files has its text fields.
    if (body) fits(body, route.body?.type === "multipart" ? (examples.body ?? {}) : examples.body);
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
