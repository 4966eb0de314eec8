import { expect } from "vitest";
import { newApiKey } from "../../identity/apiKey.lib";
import { SCOPES, type Scope } from "../../identity/scopes.lib";
import { ask, carrying, keyThat, oneCarrying, refusedAsInvalid } from "./asking.testing";
import { tooLargeFor, UNREAD } from "./bodies.testing";
import { CONVENTION_ROWS } from "./conventions.testing";
import { as, type Call } from "./engine.testing";
import { INPUT_ROWS } from "./input.testing";
import { json, mistyped, page, problem } from "./replies.testing";
import { pathFor, pathWith, THINGS, type Route } from "./routes.testing";

/** The route did what it is for; 409, because some examples can be created only once. */
const DONE = [200, 201, 202, 204, 302, 409];
/** What the example of a body names need not be there. */
const doneBy = (route: Route) => (route.docs().problems?.includes("not_found") ? [...DONE, 404] : DONE);

const needsCredential = (route: Route) => route.scope !== null;
const scopeOf = ({ scope }: Route): Scope | undefined =>
  scope === null || scope === "any" ? undefined : scope;
const hasScope = (route: Route) => scopeOf(route) !== undefined;
const ofAnOwner = (route: Route) => THINGS[route.path]?.belongsTo === "its owner";

/** What stands in the lists of a route: what is at the path below it. */
export const listedThing = ({ path }: Route) =>
  Object.entries(THINGS).find(([one]) => one.startsWith(`${path}/:`))?.[1];

/** A key that may do all that there is, but not this. */
const lacking = (route: Route) =>
  as(
    "owner",
    SCOPES.filter((scope) => scope !== scopeOf(route)),
  );

export type Row = { applies: (route: Route) => boolean; check: (route: Route) => Promise<void> };

export const ROWS = {
  "answers with a good credential": {
    // A route without its setting answers nothing else than that.
    applies: ({ needs }) => !needs,
    check: async (route) => {
      const call = await as("owner");
      const path = await pathFor(route, call);
      const reply = await ask(route, path, { headers: oneCarrying(route, call.key) });
      expect(doneBy(route)).toContain(reply.status);
    },
  },
  "without a credential: 401, and how to send one": {
    applies: needsCredential,
    check: async (route) => {
      const path = await pathFor(route, await as("owner"));
      const reply = await ask(route, path);
      expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer/);
      await problem(reply, 401, "unauthenticated");
      if (route.method === "GET") expect((await ask(route, path, { method: "HEAD" })).status).toBe(401);
    },
  },
  "a key that nobody has: 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, (await newApiKey()).key),
  },
  "a key with a typo: 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, mistyped((await as("owner")).key)),
  },
  "a key that expired: 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, await keyThat("expired", await as("owner"))),
  },
  "a key that was revoked: 403": {
    applies: needsCredential,
    check: async (route) => refusedAsInvalid(route, await keyThat("was revoked", await as("owner"))),
  },
  "every scope but the route's own: 403 that names it": {
    applies: hasScope,
    check: async (route) => {
      const call = await lacking(route);
      for (const headers of carrying(route, call.key)) {
        const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
        expect(reply.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
        const { detail } = await problem(reply, 403, "insufficient_scope");
        expect(detail).toContain(scopeOf(route));
      }
    },
  },
  "the route's scope alone: enough": {
    applies: hasScope,
    check: async (route) => {
      const call = await as("owner", [scopeOf(route) ?? "*"]);
      const headers = oneCarrying(route, call.key);
      const reply = await ask(route, await pathFor(route, await as("owner")), { headers });
      // Handing out scopes, and revoking keys, asks for more: the scopes of those keys.
      if (route.path.startsWith("/api/keys") && reply.status === 403)
        expect(await reply.text()).toMatch(/This credential cannot (hand out|revoke a key with) the scope/);
      else expect(doneBy(route)).toContain(reply.status);
    },
  },
  "a key does it to itself without the scope": {
    applies: ({ onItself }) => onItself === true,
    check: async (route) => {
      const key = await json(
        (await as("owner"))("POST", "/api/keys", { name: "own", scopes: ["items:read"] }),
        201,
      );
      const headers = oneCarrying(route, String(key["key"]));
      expect(DONE).toContain((await ask(route, pathWith(route, String(key["id"])), { headers })).status);
    },
  },
  "the scope comes before the id, the query and the body": {
    // What is everyone's is found before anybody is asked for a scope.
    applies: (route) => hasScope(route) && !route.anonymous,
    check: async (route) => {
      const call = await lacking(route);
      const headers = { ...oneCarrying(route, call.key), "Content-Type": "text/plain" };
      const path = `${pathWith(route, "nothing")}?unknown=1`;
      await problem(
        ask(route, path, { headers, ...(route.body && { body: "{" }) }),
        403,
        "insufficient_scope",
      );
    },
  },
  "another owner's thing looks like one that never was: 404": {
    applies: (route) => ofAnOwner(route) && needsCredential(route),
    check: async (route) => {
      const [owner, stranger] = [await as("owner"), await as("stranger")];
      const headers = oneCarrying(route, stranger.key);
      const theirs = await pathFor(route, owner);
      const id = theirs.split("/")[route.path.split("/").findIndex((part) => part.startsWith(":"))] ?? "";
      const shapes = [];
      for (const one of [id, "nothing", owner.userId]) {
        const reply = await ask(route, pathWith(route, one), { headers });
        const { requestId, ...body } = await problem(reply, 404, "not_found");
        expect(requestId).toBe(reply.headers.get("x-request-id"));
        const names = [...reply.headers.keys()].filter((name) => name !== "content-length");
        shapes.push(JSON.stringify([body, names]).replaceAll(one, "ID"));
      }
      expect(new Set(shapes).size).toBe(1);
      // And it is untouched: its owner still does with it what the route is for.
      expect(DONE).toContain((await ask(route, theirs, { headers: oneCarrying(route, owner.key) })).status);
    },
  },
  "a list shows an owner's things to their owner alone, the deployment's to whoever may read them": {
    applies: ({ paged }) => paged === true,
    check: async (route) => {
      const [owner, stranger] = [await as("owner"), await as("stranger")];
      const thing = listedThing(route);
      const id = thing?.belongsTo === "its owner" ? await thing.of(owner) : await thing?.some();
      const seenBy = async ({ key }: Call) => {
        const reply = await ask(route, `${route.path}?limit=100`, { headers: oneCarrying(route, key) });
        return (await page(reply)).some((one) => one["id"] === id);
      };
      expect(await seenBy(owner)).toBe(true);
      expect(await seenBy(stranger)).toBe(thing?.belongsTo !== "its owner");
    },
  },
  "a route for any credential: each scope alone opens it": {
    applies: ({ scope }) => scope === "any",
    check: async (route) => {
      for (const scope of SCOPES) {
        const { key } = await as("owner", [scope]);
        expect((await ask(route, route.path, { headers: oneCarrying(route, key) })).status).toBe(200);
      }
    },
  },
  "what is not there: 404": {
    applies: (route) => THINGS[route.path]?.belongsTo === "the deployment",
    check: async (route) => {
      const call = await as("owner");
      for (const id of ["nothing", (await as("stranger")).key]) {
        const reply = ask(route, pathWith(route, id), { headers: oneCarrying(route, call.key) });
        await problem(reply, 404, "not_found");
      }
    },
  },
  "two credentials that differ: 400, for nobody knows who is asking": {
    applies: needsCredential,
    check: async (route) => {
      const [owner, stranger] = [await as("owner"), await as("stranger")];
      const headers = { "X-API-Key": owner.key, Authorization: `Bearer ${stranger.key}` };
      const reply = ask(route, await pathFor(route, owner), { headers });
      const { errors } = await problem(reply, 400, "invalid_request");
      expect(errors).toMatchObject([{ in: "header", path: "Authorization" }]);
    },
  },
  "without its setting: 503, before anything else": {
    applies: ({ needs }) => needs !== undefined,
    check: async (route) => {
      const body = tooLargeFor(route);
      const refused = await problem(ask(route, route.path, { body, headers: UNREAD }), 503, "not_configured");
      expect(refused.detail).toBe(`${route.needs?.setting ?? ""} is not set`);
    },
  },
  ...INPUT_ROWS,
  ...CONVENTION_ROWS,
} satisfies Record<string, Row>;
