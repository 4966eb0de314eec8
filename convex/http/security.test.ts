/**
 * The checks that every route must pass: one suite, generated from the contracts. Each row names the routes that it applies
 * to. The last block fails if a new route or contract field lacks the data that the rows need.
 */
import { describe, expect, test } from "vitest";
import { api } from "./api.app";
import type { Body } from "./kit/body.kit";
import type { Spec } from "./kit/contract.kit";
import { useEngine } from "./testing/engine.testing";
import { FIXTURES } from "./testing/fixtures.testing";
import { exampleSucceeds, namesOf, resourceOf, routeOf, type Route } from "./testing/routes.testing";
import { isWithinResource, listedResource, ROWS, UNSET_ROWS, type Row } from "./testing/security.testing";
import { settingsOf } from "./testing/settings.testing";

const routes = (await api.contracts()).map(routeOf);
const checked: string[] = [];

// Rate limits are on, but so high that no test reaches them.
const LIMITS = { RATE_LIMIT_KEY_PER_MINUTE: "1000000", RATE_LIMIT_IP_PER_MINUTE: "1000000" };

describe("with the settings that routes need", () => {
  useEngine({ env: { ...LIMITS, ...settingsOf(routes) } });
  defineTests(ROWS);
});

describe("without the settings that routes need", () => {
  useEngine({ env: LIMITS });
  defineTests(UNSET_ROWS);
});

/** Defines a test for each row and each route that it applies to. */
function defineTests(rows: Record<string, Row>): void {
  for (const route of routes) {
    const own = Object.entries(rows).filter(([, { applies }]) => applies(route));
    if (own.length === 0) continue;
    describe(route.title, () => {
      for (const [name, { check }] of own)
        test(name, async () => {
          checked.push(`${route.title}: ${name}`);
          await check(route);
        });
    });
  }
}

const ALL_ROWS = { ...ROWS, ...UNSET_ROWS };
type RowName = keyof typeof ALL_ROWS;

/** The rows that check each field of a contract. A new field needs an entry. */
const ROWS_BY_FIELD: Record<keyof Spec, RowName[]> = {
  scope: [
    "a request without a credential returns 401 with WWW-Authenticate",
    "an unknown key returns 403",
    "a mistyped key returns 403",
    "an expired key returns 403",
    "a revoked key returns 403",
  ],
  credential: ["a request without a credential returns 401 with WWW-Authenticate"],
  // A test below names the row that checks who sees a list.
  paged: ["a list returns 400 for a limit outside 1 to 100 and for a cursor that it did not issue"],
  // The rows of each type of body are in ROWS_BY_BODY.
  body: [],
  anonymous: [
    "an unknown key returns 403",
    "a mistyped key returns 403",
    "an expired key returns 403",
    "a revoked key returns 403",
  ],
  onItself: ["a key may use the route on itself without the scope"],
  unlimited: ["the reply shows the remaining quota, except on unlimited routes"],
  idempotent: ["an invalid Idempotency-Key returns 400 that names the header"],
  unlisted: ["201 has a Location, unless the contract is unlisted"],
  conditional: [
    "the ETag is strong, and weak for a page: a read with it returns 304, a write with another ETag returns 412",
  ],
  secret: ["a reply with a secret is no-store, and an authenticated reply is private"],
  needs: ["a route without its setting returns 503 before any other check"],
  // `limits.test.ts` tests rate limits of single routes, and `routeOptions.test.ts` the other options.
  rateLimit: [],
  timeoutMs: [],
  cache: [],
  claims: [],
  // No route is deprecated. `deprecation.test.ts` tests deprecated routes.
  deprecated: [],
  // The fixtures name the owner of the resource that a path identifies. Contracts do not.
  params: [],
  // Only routes under /api without a form or upload refuse unknown query parameters.
  query: [],
  // `contracts.test.ts` checks the documentation against the schemas.
  operationId: [],
  docs: [],
};

/** The rows that check each type of body. A new type needs an entry. */
const ROWS_BY_BODY: Record<Body["type"], RowName[]> = {
  json: [
    "a body of another type returns 415",
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "a body that is not JSON returns 400",
    "an empty body returns 400, unless the body is optional",
    "an unknown field in the body returns 400 that names the field",
  ],
  anyJson: [
    "a body of another type returns 415",
    "a body that is not JSON returns 400",
    "an empty body returns 400, unless the body is optional",
  ],
  form: [
    "a body of another type returns 415",
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "an empty body returns 400, unless the body is optional",
    "a form without its boundary, or a truncated form, returns 400",
    "an unknown or repeated form field returns 400 that names the field",
  ],
  file: [
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "an empty body returns 400, unless the body is optional",
  ],
  multipart: [
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "an empty body returns 400, unless the body is optional",
  ],
  // Webhooks have signatures instead of scopes. Their own suites check them.
  signedText: [],
};

describe("the suite itself", () => {
  test("the app has no route without a contract, except those that the fixtures name", () => {
    const mounted = api.routes().map(([method, path]) => `${method} ${path}`);
    expect(mounted.sort()).toEqual([...routes.map(({ title }) => title), ...FIXTURES.withoutContract].sort());
    expect(new Set(mounted).size).toBe(mounted.length);
  });

  test("every path with names that needs a scope has a resource", () => {
    for (const route of routes.filter(({ scope, path }) => scope !== null && namesOf(path).length > 0))
      expect(resourceOf(route), route.path).toBeDefined();
  });

  test("every list has a resource", () => {
    for (const route of routes.filter(({ paged }) => paged))
      if (!isWithinResource(route)) expect(listedResource(route), route.title).toBeDefined();
  });

  test("every list has a row that checks who sees it", () => {
    for (const route of routes.filter(({ paged }) => paged)) {
      const row = isWithinResource(route)
        ? "another owner's resource returns the same 404 as an unknown id"
        : "a list shows a user's resources only to that user, and the deployment's resources to every caller with the scope";
      expect(ROWS[row].applies(route), route.title).toBe(true);
    }
  });

  test("a route without a scope serves only resources that belong to everyone", () => {
    for (const route of routes.filter(({ scope }) => scope === null))
      expect(resourceOf(route)?.belongsTo ?? "everyone", route.path).toBe("everyone");
  });

  test("every body has an example to send", () => {
    const free = ["file", "multipart", "signedText"];
    for (const route of routes.filter(({ body }) => body && !free.includes(body.type)))
      expect(route.docs().examples?.body, route.title).toBeTypeOf("object");
  });

  test("the rows of a contract field apply to every route with that field", () => {
    // Some rows need a request that succeeds.
    const applies = (name: RowName, route: Route) => ALL_ROWS[name].applies(route) || !exampleSucceeds(route);
    for (const route of routes) {
      for (const [field, names] of Object.entries(ROWS_BY_FIELD))
        for (const name of route[field as keyof Spec] == null ? [] : names)
          expect(applies(name, route), `${route.title} has ${field}: ${name}`).toBe(true);
      for (const name of route.body ? ROWS_BY_BODY[route.body.type] : [])
        expect(applies(name, route), `${route.title} takes ${route.body?.type}: ${name}`).toBe(true);
    }
  });

  test("every row ran for every route that it applies to, and applies to at least one", () => {
    const rows = Object.entries<Row>(ALL_ROWS);
    const due = routes.flatMap((route) =>
      rows.filter(([, { applies }]) => applies(route)).map(([name]) => `${route.title}: ${name}`),
    );
    expect(checked.toSorted()).toEqual(due.sort());
    for (const [name, { applies }] of rows) expect(routes.some(applies), name).toBe(true);
  });
});
