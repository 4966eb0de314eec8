import { expect } from "vitest";
import { ask, oneCarrying } from "./asking.testing";
import { as } from "./engine.testing";
import { json, problem } from "./replies.testing";
import { bodyFor, pathFor, type Route } from "./routes.testing";
import type { Row } from "./security.testing";

/** What its example names is there, so that the route does what it is for. */
const exampleIsThere = (route: Route) => !route.docs().problems?.includes("not_found");

type Asking = (change?: {
  headers?: Record<string, string>;
  body?: string;
  method?: string;
  query?: string;
}) => Promise<Response>;

/** Asks for one and the same thing again and again, with a good credential. */
async function asking(route: Route): Promise<Asking> {
  const call = await as("owner");
  const path = await pathFor(route, call);
  const text = bodyFor(route)?.text;
  return ({ headers, query = "", ...change } = {}) =>
    ask(route, path + query, {
      ...(text !== undefined && { body: text }),
      ...change,
      headers: { ...oneCarrying(route, call.key), ...headers },
    });
}

/** Headers that are the connection's, or differ from reply to reply. */
const OF_ONE_REPLY = /^(x-request-id|date|ratelimit|content-length|transfer-encoding|connection|keep-alive)$/;
const lasting = ({ headers }: Response) => [...headers].filter(([name]) => !OF_ONE_REPLY.test(name));

/** Rows about what every route does the same way, because the kit does it. */
export const CONVENTION_ROWS = {
  "who may keep the reply: nobody a secret, no shared cache what a credential opened": {
    applies: () => true,
    check: async (route) => {
      const { headers } = await (await asking(route))();
      const openedBy = route.scope === null ? "no-cache" : "private, no-cache";
      expect(headers.get("cache-control")).toBe(route.secret ? "no-store" : openedBy);
    },
  },
  "the reply tells what is left of the quota, unless limits do not apply": {
    applies: () => true,
    check: async (route) => {
      const { headers } = await (await asking(route))();
      const told = ["ratelimit-policy", "ratelimit"].map((name) => headers.get(name));
      const name = route.scope === null ? "address" : "key";
      const shown = [`"${name}";q=N;w=N`, `"${name}";r=N;t=N`];
      expect(told.map((field) => field?.replaceAll(/\d+/g, "N") ?? null)).toEqual(
        route.unlimited ? [null, null] : shown,
      );
    },
  },
  "HEAD: like GET, without the body": {
    applies: ({ method }) => method === "GET",
    check: async (route) => {
      const send = await asking(route);
      const [get, head] = [await send(), await send({ method: "HEAD" })];
      expect([head.status, await head.text()]).toEqual([get.status, ""]);
      expect(lasting(head)).toEqual(lasting(get));
    },
  },
  "the ETag: strong, 304 for who holds it, 412 for who writes over what has changed": {
    applies: ({ conditional }) => conditional === true,
    check: async (route) => {
      const send = await asking(route);
      if (route.method === "GET") await saves(send);
      else if (route.method !== "POST") await guards(send);
      else if (exampleIsThere(route)) expect((await send()).headers.get("etag")).toMatch(STRONG);
    },
  },
  "pages: no limit of 0 or 101, no cursor that this list did not issue": {
    applies: ({ paged }) => paged === true,
    check: async (route) => {
      const send = await asking(route);
      expect(await (await send({ query: "?limit=1" })).json()).toBeInstanceOf(Array);
      for (const limit of ["0", "101", "x", ""]) {
        const { errors } = await problem(send({ query: `?limit=${limit}` }), 400, "invalid_request");
        expect(errors).toMatchObject([{ in: "query", path: "limit" }]);
      }
      for (const cursor of ["x", MADE_UP])
        await problem(send({ query: `?cursor=${cursor}` }), 400, "invalid_cursor");
    },
  },
  "what was created has an address, unless its contract says that it has none": {
    applies: (route) => "201" in route.replies() && exampleIsThere(route),
    check: async (route) => {
      const { status, headers } = await (await asking(route))();
      expect(status).toBe(201);
      if (route.unlisted) expect(headers.get("location")).toBeNull();
      else expect(headers.get("location")).toMatch(/^\/[^/]/);
    },
  },
  "an Idempotency-Key that is none: 400 that names it": {
    applies: ({ idempotent }) => idempotent === true,
    check: async (route) => {
      const send = await asking(route);
      for (const key of ["", "two words", "x".repeat(256)]) {
        const refused = send({ headers: { "Idempotency-Key": key } });
        const { errors } = await problem(refused, 400, "invalid_request");
        expect(errors).toMatchObject([{ in: "header", path: "Idempotency-Key" }]);
      }
    },
  },
  "the same request with the same Idempotency-Key: done once, and answered the same": {
    applies: (route) => route.idempotent === true && exampleIsThere(route),
    check: async (route) => {
      const send = await asking(route);
      const headers = { "Idempotency-Key": `again ${route.title}`.replaceAll(" ", "-") };
      const [first, again] = [await send({ headers }), await send({ headers })];
      expect([first.ok, again.status]).toEqual([true, first.status]);
      expect(first.headers.has("idempotency-replayed")).toBe(false);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(again.headers.get("location")).toBe(first.headers.get("location"));
      // A secret is in the first reply alone.
      const { status } = first;
      expect(await json(first, status)).toMatchObject(await json(again, status));
    },
  },
  "another request with the same Idempotency-Key: 422": {
    applies: (route) => route.idempotent === true && exampleIsThere(route),
    check: async (route) => {
      const send = await asking(route);
      const headers = { "Idempotency-Key": `other ${route.title}`.replaceAll(" ", "-") };
      expect((await send({ headers })).ok).toBe(true);
      const body = `${bodyFor(route)?.text ?? ""} `;
      await problem(send({ headers, body }), 422, "idempotency_key_reused");
    },
  },
} satisfies Record<string, Row>;

const STRONG = /^"[^"]+"$/;
/** A cursor whose position reads well, `[1,"a"]`, under a checksum of nothing. */
const MADE_UP = "WzEsImEiXQ00000000";

async function saves(send: Asking): Promise<void> {
  const etag = (await send()).headers.get("etag") ?? "";
  expect(etag).toMatch(STRONG);
  for (const held of [etag, `W/${etag}`, "*"]) {
    const reply = await send({ headers: { "If-None-Match": held } });
    expect([reply.status, await reply.text(), reply.headers.get("etag")]).toEqual([304, "", etag]);
  }
  expect((await send({ headers: { "If-None-Match": '"other"' } })).status).toBe(200);
}

async function guards(send: Asking): Promise<void> {
  for (const seen of ['"999999999"', 'W/"1"', '"other"'])
    await problem(send({ headers: { "If-Match": seen } }), 412, "precondition_failed");
  expect([200, 204, 409]).toContain((await send({ headers: { "If-Match": "*" } })).status);
}
