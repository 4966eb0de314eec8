/**
 * What every route has to refuse, whoever wrote it: one suite, made from the contracts. Each row says which routes it holds
 * for, and what a row could not know about a new route fails the last block.
 */
import { describe, expect, test } from "vitest";
import { SCOPES } from "../identity/scopes.lib";
import { api } from "./api.app";
import type { Spec } from "./kit/contract.kit";
import { useEngine } from "./testing/engine.testing";
import { routeOf, RESOURCES } from "./testing/routes.testing";
import { listedResource, ROWS, type Row } from "./testing/security.testing";

// Limits are on, and out of reach.
useEngine({ env: { RATE_LIMIT_KEY_PER_MINUTE: "1000000", RATE_LIMIT_IP_PER_MINUTE: "1000000" } });

const routes = api.contracts.map(routeOf);
const rows = Object.entries<Row>(ROWS);
const checked: string[] = [];

for (const route of routes) {
  describe(route.title, () => {
    for (const [name, { applies, check }] of rows) {
      if (!applies(route)) continue;
      test(name, async () => {
        checked.push(`${route.title}: ${name}`);
        await check(route);
      });
    }
  });
}

/** Which rows hold a route to what its contract says, field by field. A new field of contracts needs its line. */
const ROWS_BY_FIELD: Record<keyof Spec, (keyof typeof ROWS)[]> = {
  scope: [
    "a request without a credential returns 401 with WWW-Authenticate",
    "an unknown key returns 403",
    "a mistyped key returns 403",
    "an expired key returns 403",
    "a revoked key returns 403",
  ],
  credential: ["a request without a credential returns 401 with WWW-Authenticate"],
  paged: [
    "a repeated query parameter returns 400 that names the parameter",
    "a list shows a user's resources only to that user, and the deployment's resources to every caller with the scope",
    "a list returns 400 for a limit outside 1 to 100 and for a cursor that it did not issue",
  ],
  body: [
    "a body of another type returns 415",
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "a body that is not JSON returns 400",
    "an empty body returns 400, unless the body is optional",
  ],
  unparsed: ["a body that is not JSON returns 400", "an empty body returns 400, unless the body is optional"],
  form: [
    "a body of another type returns 415",
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "an empty body returns 400, unless the body is optional",
    "a form without its boundary, or a truncated form, returns 400",
    "an unknown or repeated form field returns 400 that names the field",
  ],
  upload: [
    "a Content-Length above the limit returns 413 before the credential is checked",
    "a body above the limit without a Content-Length returns 413",
    "an empty body returns 400, unless the body is optional",
  ],
  anonymous: [
    "an unknown key returns 403",
    "a mistyped key returns 403",
    "an expired key returns 403",
    "a revoked key returns 403",
  ],
  bodyOptional: [
    "a body of another type returns 415",
    "an empty body returns 400, unless the body is optional",
  ],
  onItself: ["a key may use the route on itself without the scope"],
  unlimited: ["the reply shows the remaining quota, except on unlimited routes"],
  idempotent: ["an invalid Idempotency-Key returns 400 that names the header"],
  unlisted: ["201 has a Location, unless the contract is unlisted"],
  conditional: ["the ETag is strong: a read with it returns 304, a write with another ETag returns 412"],
  secret: ["a reply with a secret is no-store, and an authenticated reply is private"],
  needs: ["a route without its setting returns 503 before any other check"],
  // No route is: `deprecation.test.ts` has some that are.
  deprecated: [],
  // Webhooks are signed, not scoped: their own suites hold them.
  text: [],
  // Whose the thing is that a name stands for no contract says: RESOURCES does.
  params: [],
  // Under /api it is strict where the route takes JSON, and free elsewhere.
  query: [],
  // The compiler holds handlers to both.
  replies: [],
  headers: [],
  // What readers are told is held against the schemas by `contracts.test.ts`.
  operationId: [],
  docs: [],
};

describe("the suite itself", () => {
  test("the app has no route without a contract", () => {
    const mounted = api.app.routes.map(({ method, path }) => `${method} ${path}`);
    expect(mounted.sort()).toEqual(routes.map(({ title }) => title).sort());
    expect(new Set(mounted).size).toBe(mounted.length);
  });

  test("every name in a path has its thing, and every thing its path", () => {
    const named = routes.filter(({ path }) => path.includes(":")).map(({ path }) => path);
    expect([...new Set(named)].sort()).toEqual(Object.keys(RESOURCES).sort());
    for (const path of named) expect(path.match(/:/g), `${path} has more than one name`).toHaveLength(1);
  });

  test("every list has its things, and every scope a route that it alone opens", () => {
    for (const route of routes.filter(({ paged }) => paged))
      expect(listedResource(route), route.title).toBeDefined();
    const asked = new Set(routes.map(({ scope }) => scope));
    for (const scope of SCOPES) expect(asked, scope).toContain(scope);
  });

  test("an owner's thing is behind a credential, and a public route shows what is everyone's", () => {
    for (const { path, scope } of routes)
      if (RESOURCES[path]) expect(RESOURCES[path].belongsTo === "everyone", path).toBe(scope === null);
  });

  test("every body has an example to send", () => {
    for (const route of routes.filter(({ body, form }) => body ?? form))
      expect(route.docs().examples?.body, route.title).toBeTypeOf("object");
  });

  test("what a contract says is held by the rows that are there for it", () => {
    for (const route of routes)
      for (const [field, names] of Object.entries(ROWS_BY_FIELD))
        for (const name of route[field as keyof Spec] == null ? [] : names)
          expect(ROWS[name].applies(route), `${route.title} has ${field}: ${name}`).toBe(true);
  });

  test("every row was checked on every route that it holds for, and each holds for one at least", () => {
    const due = routes.flatMap((route) =>
      rows.filter(([, { applies }]) => applies(route)).map(([name]) => `${route.title}: ${name}`),
    );
    expect(checked.toSorted()).toEqual(due.sort());
    for (const [name, { applies }] of rows) expect(routes.some(applies), name).toBe(true);
  });
});
