import { expect } from "vitest";
import { newApiKey } from "../../identity/apiKey.lib";
import { SCOPES, type Scope } from "../../identity/scopes.lib";
import {
  ask,
  credentialHeader,
  credentialHeaders,
  endedKey,
  expectAccepted,
  refusedAsInvalid,
} from "./requests.testing";
import { tooLargeFor, CLOSE_CONNECTION } from "./bodies.testing";
import { CONVENTION_ROWS } from "./conventions.testing";
import { as, type Call } from "./engine.testing";
import { FIXTURES, type PathValues, type Resource } from "./fixtures.testing";
import { INPUT_ROWS } from "./input.testing";
import { json, mistyped, page, problem } from "./replies.testing";
import { bodyFor, namesOf, pathFor, pathWith, resourceOf, valuesFor, type Route } from "./routes.testing";

const needsCredential = (route: Route) => route.scope !== null;
const scopeOf = ({ scope }: Route): Scope | undefined =>
  scope === null || scope === "any" ? undefined : scope;
const hasScope = (route: Route) => scopeOf(route) !== undefined;
const belongsToOwner = (route: Route) => resourceOf(route)?.belongsTo === "its owner";

/** Returns the resource that a list contains: the resource of the path below the list's path. */
export const listedResource = ({ path }: Route): Resource | undefined =>
  FIXTURES.onlyListed[path] ??
  Object.entries(FIXTURES.resources).find(([resourcePath]) => resourcePath.startsWith(`${path}/:`))?.[1];

/** Returns whether a list is within a resource that its path names, such as the deliveries of an endpoint. */
export const isWithinResource = ({ path }: Route) => namesOf(path).length > 0;

/** Returns the value of the last name in a path, which identifies the resource. */
const lastOf = (values: PathValues): string =>
  typeof values === "string" ? values : (Object.values(values).at(-1) ?? "");

/** Returns the values with another value of one name. */
const withValue = (values: PathValues, name: string, value: string): PathValues =>
  typeof values === "string" ? value : { ...values, [name]: value };

/** Returns a caller with all scopes except the route's own. */
const callerWithoutScope = (route: Route) =>
  as(
    "owner",
    SCOPES.filter((scope) => scope !== scopeOf(route)),
  );

export type Row = { applies: (route: Route) => boolean; check: (route: Route) => Promise<void> };

/** The tests that hold for every route, by their titles. A row names the routes that it applies to. */
export const ROWS = {
  "a valid credential is accepted": {
    // The suites of webhooks send signed requests.
    applies: ({ body }) => body?.type !== "signedText",
    check: async (route) => {
      const call = await as("owner");
      const path = await pathFor(route, call);
      await expectAccepted(route, await ask(route, path, { headers: credentialHeader(route, call.key) }));
    },
  },
  "a request without a credential returns 401 with WWW-Authenticate": {
    applies: needsCredential,
    check: async (route) => {
      const path = await pathFor(route, await as("owner"));
      const reply = await ask(route, path);
      expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer/);
      await problem(reply, 401, "unauthenticated");
      if (route.method === "GET") expect((await ask(route, path, { method: "HEAD" })).status).toBe(401);
    },
  },
  "an unknown key returns 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, (await newApiKey()).key),
  },
  "a mistyped key returns 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, mistyped((await as("owner")).key)),
  },
  "an expired key returns 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, await endedKey("expired", await as("owner"))),
  },
  "a revoked key returns 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, await endedKey("was revoked", await as("owner"))),
  },
  "a key without the route's scope returns 403 that names the scope": {
    applies: hasScope,
    check: async (route) => {
      const call = await callerWithoutScope(route);
      for (const headers of credentialHeaders(route, call.key)) {
        const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
        expect(reply.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
        const { detail } = await problem(reply, 403, "insufficient_scope");
        expect(detail).toContain(scopeOf(route));
      }
    },
  },
  "the route's scope is sufficient": {
    applies: hasScope,
    check: async (route) => {
      const call = await as("owner", [scopeOf(route) ?? "*"]);
      const headers = credentialHeader(route, call.key);
      const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
      const refusal = FIXTURES.needMoreThanScope[route.title];
      if (refusal && reply.status === 403) expect(await reply.text()).toMatch(refusal);
      else await expectAccepted(route, reply);
    },
  },
  "a key may use the route on itself without the scope": {
    applies: ({ onItself }) => onItself === true,
    check: async (route) => {
      const other = SCOPES.find((scope) => scope !== scopeOf(route));
      const created = (await as("owner"))("POST", "/api/keys", { name: "own", scopes: [other] });
      const key = await json(created, 201);
      const headers = credentialHeader(route, String(key["key"]));
      await expectAccepted(route, await ask(route, pathWith(route, String(key["id"])), { headers }));
    },
  },
  "the scope is checked before the id, the query and the body": {
    // An anonymous route looks up the resource before it checks a scope.
    applies: (route) => hasScope(route) && !route.anonymous,
    check: async (route) => {
      const call = await callerWithoutScope(route);
      const headers = { ...credentialHeader(route, call.key), "Content-Type": "text/plain" };
      const path = `${pathWith(route, "nothing")}?unknown=1`;
      await problem(
        ask(route, path, { headers, ...(bodyFor(route) && { body: "{" }) }),
        403,
        "insufficient_scope",
      );
    },
  },
  "another owner's resource returns the same 404 as an unknown id": {
    applies: (route) => belongsToOwner(route) && needsCredential(route),
    check: async (route) => {
      const [owner, stranger] = [await as("owner"), await as("stranger")];
      const headers = credentialHeader(route, stranger.key);
      const theirs = await valuesFor(route, owner);
      const names = namesOf(route.path);
      const shapes = [];
      for (const candidate of [lastOf(theirs), "nothing", owner.userId]) {
        const path = pathWith(route, withValue(theirs, names.at(-1) ?? "", candidate));
        const reply = await ask(route, path, { headers });
        const { requestId, ...body } = await problem(reply, 404, "not_found");
        expect(requestId).toBe(reply.headers.get("x-request-id"));
        const fields = [...reply.headers.keys()].filter((name) => name !== "content-length");
        shapes.push(JSON.stringify([body, fields]).replaceAll(candidate, "ID"));
      }
      expect(new Set(shapes).size).toBe(1);
      const own = credentialHeader(route, owner.key);
      // Each name must fit: the resource is not found below another one.
      for (const name of names) {
        const path = pathWith(route, withValue(theirs, name, "nothing"));
        await problem(ask(route, path, { headers: own }), 404, "not_found");
      }
      // The resource is unchanged: its owner can still use the route.
      await expectAccepted(route, await ask(route, pathWith(route, theirs), { headers: own }));
    },
  },
  "a list shows a user's resources only to that user, and the deployment's resources to every caller with the scope":
    {
      applies: (route) => route.paged !== undefined && !isWithinResource(route),
      check: async (route) => {
        const [owner, stranger] = [await as("owner"), await as("stranger")];
        const resource = listedResource(route);
        const made = resource?.belongsTo === "its owner" ? await resource.of(owner) : await resource?.some();
        const id = made && lastOf(made);
        const seenBy = async ({ key }: Call) => {
          const reply = await ask(route, `${route.path}?limit=100`, {
            headers: credentialHeader(route, key),
          });
          // Stripe's objects are identified by Stripe's ids.
          return (await page(reply)).some((listed) => (listed["id"] ?? Object.values(listed)[0]) === id);
        };
        expect(await seenBy(owner)).toBe(true);
        expect(await seenBy(stranger)).toBe(resource?.belongsTo !== "its owner");
      },
    },
  "a route for any credential accepts a key with any one scope": {
    applies: ({ scope }) => scope === "any",
    check: async (route) => {
      for (const scope of SCOPES) {
        const call = await as("owner", [scope]);
        const path = await pathFor(route, await as("owner"));
        await expectAccepted(route, await ask(route, path, { headers: credentialHeader(route, call.key) }));
      }
    },
  },
  "an unknown id returns 404": {
    applies: (route) => resourceOf(route)?.belongsTo === "the deployment",
    check: async (route) => {
      const call = await as("owner");
      for (const id of ["nothing", (await as("stranger")).key]) {
        const reply = ask(route, pathWith(route, id), { headers: credentialHeader(route, call.key) });
        await problem(reply, 404, "not_found");
      }
    },
  },
  "two different credentials return 400": {
    applies: needsCredential,
    check: async (route) => {
      const [owner, stranger] = [await as("owner"), await as("stranger")];
      const headers = { "X-API-Key": owner.key, Authorization: `Bearer ${stranger.key}` };
      const reply = ask(route, await pathFor(route, owner), { headers });
      const { errors } = await problem(reply, 400, "invalid_request");
      expect(errors).toMatchObject([{ in: "header", path: "Authorization" }]);
    },
  },
  ...INPUT_ROWS,
  ...CONVENTION_ROWS,
} satisfies Record<string, Row>;

/** The tests of an engine without the settings that routes need. */
export const UNSET_ROWS = {
  "a route without its setting returns 503 before any other check": {
    applies: ({ needs }) => needs !== undefined,
    check: async (route) => {
      const sent = route.method === "GET" ? {} : { body: tooLargeFor(route), headers: CLOSE_CONNECTION };
      const refused = await problem(ask(route, pathWith(route, "nothing"), sent), 503, "not_configured");
      expect(refused.detail).toBe(`${route.needs?.setting ?? ""} is not set`);
    },
  },
} satisfies Record<string, Row>;
