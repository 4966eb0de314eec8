import { expect } from "vitest";
import { newApiKey } from "../../lib/apiKey.lib";
import { SCOPES, type Scope } from "../../lib/scopes.lib";
import { ask, carrying, keyThat, oneCarrying, refusedAsInvalid } from "./asking.testing";
import { UNREAD } from "./bodies.testing";
import { CONVENTION_ROWS } from "./conventions.testing";
import { as } from "./engine.testing";
import { INPUT_ROWS } from "./input.testing";
import { mistyped, problem } from "./replies.testing";
import { pathFor, pathWith, THINGS, type Route } from "./routes.testing";

const MIB = 1024 * 1024;
/** The route did what it is for; 409, because some examples can be created only once. */
const DONE = [200, 201, 202, 204, 302, 409];
/** What the example of a body names need not be there. */
const doneBy = (route: Route) => (route.docs().problems?.includes("not_found") ? [...DONE, 404] : DONE);
/** Routes that take any JSON, so that no field is unknown. */
const TAKES_ANY_JSON = ["POST /api/data"];

const needsCredential = (route: Route) => route.scope !== null;
const scopeOf = ({ scope }: Route): Scope | undefined =>
  scope === null || scope === "any" ? undefined : scope;
const hasScope = (route: Route) => scopeOf(route) !== undefined;
export const takesBody = (route: Route) => route.body !== undefined;
const underApi = ({ path, form, upload }: Route) => path.startsWith("/api/") && !form && !upload;
const ofAnOwner = (route: Route) => THINGS[route.path]?.belongsTo === "its owner";

const namesOfQuery = ({ query, paged }: Route) => [
  ...Object.keys(query ?? {}),
  ...(paged ? ["limit", "cursor"] : []),
];

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
      // Handing out scopes is the one thing that asks for more: those scopes.
      if (route.secret && reply.status === 403)
        expect(await reply.text()).toContain("This credential cannot hand out the scope");
      else expect(doneBy(route)).toContain(reply.status);
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
        ask(route, path, { headers, ...(takesBody(route) && { body: "{" }) }),
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
  "a body of another type: 415": {
    applies: (route) => takesBody(route) || route.form !== undefined,
    check: async (route) => {
      const call = await as("owner");
      const path = await pathFor(route, call);
      const other = route.form ? "application/json" : "application/x-www-form-urlencoded";
      for (const type of ["text/plain", other, "application/jsonp", "json"]) {
        const headers = { ...oneCarrying(route, call.key), "Content-Type": type };
        const { detail } = await problem(ask(route, path, { headers }), 415, "unsupported_media_type");
        expect(detail).toMatch(
          route.form ? /^Content-Type must be / : /^Content-Type must be application\/json$/,
        );
      }
    },
  },
  "a body that declares itself too large: 413, before the credential": {
    applies: ({ method, needs }) => method !== "GET" && !needs,
    check: async (route) => {
      const path = pathWith(route, "nothing");
      const body = " ".repeat(route.upload ? 22_000_000 : MIB + 1);
      await problem(ask(route, path, { body, headers: UNREAD }), 413, "payload_too_large");
    },
  },
  "without its setting: 503, before anything else": {
    applies: ({ needs }) => needs !== undefined,
    check: async (route) => {
      const body = " ".repeat(MIB + 1);
      const refused = await problem(ask(route, route.path, { body, headers: UNREAD }), 503, "not_configured");
      expect(refused.detail).toBe(`${route.needs?.setting ?? ""} is not set`);
    },
  },
  "a body that is not JSON: 400": {
    applies: takesBody,
    check: async (route) => {
      const call = await as("owner");
      const headers = oneCarrying(route, call.key);
      const path = await pathFor(route, call);
      for (const body of ["{", "undefined", "{'a':1}", "{} {}"]) {
        const { detail } = await problem(ask(route, path, { headers, body }), 400, "invalid_json");
        expect(detail).toBe("Invalid JSON body");
      }
    },
  },
  "a field that the body does not have: 400 that names it": {
    applies: (route) => takesBody(route) && !TAKES_ANY_JSON.includes(route.title),
    check: async (route) => {
      const call = await as("owner");
      const headers = oneCarrying(route, call.key);
      const example = route.docs().examples?.body as object;
      const body = JSON.stringify({ ...example, intruder: 1 });
      const path = await pathFor(route, call);
      const { errors } = await problem(ask(route, path, { headers, body }), 400, "invalid_request");
      expect(errors).toEqual([{ in: "body", path: "intruder", message: "is not a known field" }]);
    },
  },
  "a query parameter that the route does not have: 400 that names it": {
    applies: underApi,
    check: async (route) => {
      const call = await as("owner");
      const path = `${await pathFor(route, call)}?intruder=1`;
      const { errors } = await problem(
        ask(route, path, { headers: oneCarrying(route, call.key) }),
        400,
        "invalid_request",
      );
      expect(errors).toEqual([{ in: "query", path: "intruder", message: "is not a known query parameter" }]);
    },
  },
  "a query parameter given twice: 400 that names it": {
    applies: (route) => underApi(route) && namesOfQuery(route).length > 0,
    check: async (route) => {
      const call = await as("owner");
      const path = await pathFor(route, call);
      for (const name of namesOfQuery(route)) {
        const reply = ask(route, `${path}?${name}=1&${name}=1`, { headers: oneCarrying(route, call.key) });
        const { errors } = await problem(reply, 400, "invalid_request");
        expect(errors).toEqual([{ in: "query", path: name, message: "must be given only once" }]);
      }
    },
  },
  ...INPUT_ROWS,
  ...CONVENTION_ROWS,
} satisfies Record<string, Row>;
