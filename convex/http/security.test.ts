/**
 * What every route has to refuse, whoever wrote it: one suite, made from the contracts. Each row says which routes it holds
 * for, and what a row could not know about a new route fails the last block.
 */
import { describe, expect, test } from "vitest";
import { SCOPES } from "../identity/scopes.lib";
import { api } from "./api.app";
import type { Spec } from "./kit/contract.kit";
import { useEngine } from "./testing/engine.testing";
import { routeOf, THINGS } from "./testing/routes.testing";
import { listedThing, ROWS, type Row } from "./testing/security.testing";

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
const HELD_BY: Record<keyof Spec, (keyof typeof ROWS)[]> = {
  scope: [
    "without a credential: 401, and how to send one",
    "a key that nobody has: 403",
    "a key with a typo: 403",
    "a key that expired: 403",
    "a key that was revoked: 403",
  ],
  credential: ["without a credential: 401, and how to send one"],
  paged: [
    "a query parameter given twice: 400 that names it",
    "a list shows an owner's things to their owner alone, the deployment's to whoever may read them",
    "pages: no limit of 0 or 101, no cursor that this list did not issue",
  ],
  body: [
    "a body of another type: 415",
    "a body that declares itself too large: 413, before the credential",
    "a body too large whose length nobody declares: 413",
    "a body that is not JSON: 400",
    "an empty body: 400, unless it may be left out",
  ],
  unparsed: ["a body that is not JSON: 400", "an empty body: 400, unless it may be left out"],
  form: [
    "a body of another type: 415",
    "a body that declares itself too large: 413, before the credential",
    "a body too large whose length nobody declares: 413",
    "an empty body: 400, unless it may be left out",
    "a form without its boundary, or cut off: 400",
    "a field that the form does not have, or has twice: 400 that names it",
  ],
  upload: [
    "a body that declares itself too large: 413, before the credential",
    "a body too large whose length nobody declares: 413",
    "an empty body: 400, unless it may be left out",
  ],
  anonymous: [
    "a key that nobody has: 403",
    "a key with a typo: 403",
    "a key that expired: 403",
    "a key that was revoked: 403",
  ],
  bodyOptional: ["a body of another type: 415", "an empty body: 400, unless it may be left out"],
  onItself: ["a key does it to itself without the scope"],
  unlimited: ["the reply tells what is left of the quota, unless limits do not apply"],
  idempotent: ["an Idempotency-Key that is none: 400 that names it"],
  unlisted: ["what was created has an address, unless its contract says that it has none"],
  conditional: ["the ETag: strong, 304 for who holds it, 412 for who writes over what has changed"],
  secret: ["who may keep the reply: nobody a secret, no shared cache what a credential opened"],
  needs: ["without its setting: 503, before anything else"],
  // No route is: `deprecation.test.ts` has some that are.
  deprecated: [],
  // Webhooks are signed, not scoped: their own suites hold them.
  text: [],
  bodyLimit: [],
  // Whose the thing is that a name stands for no contract says: THINGS does.
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
    expect([...new Set(named)].sort()).toEqual(Object.keys(THINGS).sort());
    for (const path of named) expect(path.match(/:/g), `${path} has more than one name`).toHaveLength(1);
  });

  test("every list has its things, and every scope a route that it alone opens", () => {
    for (const route of routes.filter(({ paged }) => paged))
      expect(listedThing(route), route.title).toBeDefined();
    const asked = new Set(routes.map(({ scope }) => scope));
    for (const scope of SCOPES) expect(asked, scope).toContain(scope);
  });

  test("an owner's thing is behind a credential, and a public route shows what is everyone's", () => {
    for (const { path, scope } of routes)
      if (THINGS[path]) expect(THINGS[path].belongsTo === "everyone", path).toBe(scope === null);
  });

  test("every body has an example to send", () => {
    for (const route of routes.filter(({ body, form }) => body ?? form))
      expect(route.docs().examples?.body, route.title).toBeTypeOf("object");
  });

  test("what a contract says is held by the rows that are there for it", () => {
    for (const route of routes)
      for (const [field, names] of Object.entries(HELD_BY))
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
