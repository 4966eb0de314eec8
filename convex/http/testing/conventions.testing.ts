import { expect } from "vitest";
import { alternatives } from "../kit/replies.kit";
import { ask, credentialHeader, expectAccepted } from "./requests.testing";
import { as } from "./engine.testing";
import { json, problem } from "./replies.testing";
import { bodyFor, exampleSucceeds, pathFor, type Route } from "./routes.testing";
import type { Row } from "./security.testing";

type SendAgain = (change?: {
  headers?: Record<string, string>;
  body?: string;
  method?: string;
  query?: string;
}) => Promise<Response>;

/** Returns a function that sends the same request with a valid credential on every call, except for its changes. */
async function repeatable(route: Route): Promise<SendAgain> {
  const call = await as("owner");
  const path = await pathFor(route, call);
  const text = bodyFor(route)?.text;
  return ({ headers, query = "", ...change } = {}) =>
    ask(route, path + query, {
      ...(text !== undefined && { body: text }),
      ...change,
      headers: { ...credentialHeader(route, call.key), ...headers },
    });
}

/** Headers that belong to the connection, or differ between replies. */
const PER_REPLY = /^(x-request-id|date|ratelimit|content-length|transfer-encoding|connection|keep-alive)$/;
const stableHeaders = ({ headers }: Response) => [...headers].filter(([name]) => !PER_REPLY.test(name));
/** The embedded runtime compresses the reply to GET only, because the reply to HEAD has no body. */
const UNCOMPRESSED = { "Accept-Encoding": "identity" };

/** Rows for conventions that the kit implements for every route. */
export const CONVENTION_ROWS = {
  "a reply with a secret is no-store, and an authenticated reply is private": {
    applies: () => true,
    check: async (route) => {
      const { headers, ok } = await (await repeatable(route))();
      const withoutSecret = route.scope === null ? "no-cache" : "private, no-cache";
      if (route.cache && ok) expect(headers.get("cache-control")).toContain(`max-age=${route.cache.maxAge}`);
      else expect(headers.get("cache-control")).toBe(route.secret ? "no-store" : withoutSecret);
    },
  },
  "the reply shows the remaining quota, except on unlimited routes": {
    applies: () => true,
    check: async (route) => {
      const { headers } = await (await repeatable(route))();
      const fields = ["ratelimit-policy", "ratelimit"].map((name) => headers.get(name));
      const policy = route.scope === null ? "address" : "key";
      const { rateLimit } = route;
      const names = [policy, ...(rateLimit && "bucket" in rateLimit ? [rateLimit.bucket] : [])];
      const expected = ["q=N;w=N", "r=N;t=N"].map((rest) =>
        names.map((name) => `"${name}";${rest}`).join(", "),
      );
      expect(fields.map((field) => field?.replaceAll(/\d+/g, "N") ?? null)).toEqual(
        route.unlimited ? [null, null] : expected,
      );
    },
  },
  "HEAD returns the status and headers of GET, without a body": {
    applies: ({ method }) => method === "GET",
    check: async (route) => {
      const send = await repeatable(route);
      const get = await send({ headers: UNCOMPRESSED });
      const head = await send({ headers: UNCOMPRESSED, method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([get.status, ""]);
      expect(stableHeaders(head)).toEqual(stableHeaders(get));
    },
  },
  "the ETag is strong, and weak for a page: a read with it returns 304, a write with another ETag returns 412":
    {
      applies: ({ conditional }) => conditional === true,
      check: async (route) => {
        const send = await repeatable(route);
        if (route.method === "GET") await checkConditionalRead(send, isPage(route) ? WEAK : STRONG);
        else if (route.method !== "POST") await checkConditionalWrite(route, send);
        else if (exampleSucceeds(route)) expect((await send()).headers.get("etag")).toMatch(STRONG);
      },
    },
  "a list returns 400 for a limit outside 1 to 100 and for a cursor that it did not issue": {
    applies: ({ paged }) => paged !== undefined,
    check: async (route) => {
      const send = await repeatable(route);
      expect(await (await send({ query: "?limit=1" })).json()).toBeInstanceOf(Array);
      for (const limit of ["0", "101", "x", ""]) {
        const { errors } = await problem(send({ query: `?limit=${limit}` }), 400, "invalid_request");
        expect(errors).toMatchObject([{ in: "query", path: "limit" }]);
      }
      for (const cursor of ["x", FORGED_CURSOR])
        await problem(send({ query: `?cursor=${cursor}` }), 400, "invalid_cursor");
    },
  },
  "201 has a Location, unless the contract is unlisted": {
    applies: (route) => "201" in route.docs().replies && exampleSucceeds(route),
    check: async (route) => {
      const { status, headers } = await (await repeatable(route))();
      expect(status).toBe(201);
      if (route.unlisted) expect(headers.get("location")).toBeNull();
      else expect(headers.get("location")).toMatch(/^\/[^/]/);
    },
  },
  "an invalid Idempotency-Key returns 400 that names the header": {
    applies: ({ idempotent }) => idempotent !== undefined,
    check: async (route) => {
      const send = await repeatable(route);
      for (const key of ["", "two words", "x".repeat(256)]) {
        const refused = send({ headers: { "Idempotency-Key": key } });
        const { errors } = await problem(refused, 400, "invalid_request");
        expect(errors).toMatchObject([{ in: "header", path: "Idempotency-Key" }]);
      }
    },
  },
  "a repeated request with the same Idempotency-Key runs once and returns the same reply": {
    applies: (route) => route.idempotent === true && exampleSucceeds(route),
    check: async (route) => {
      const send = await repeatable(route);
      const headers = { "Idempotency-Key": `again ${route.title}`.replaceAll(" ", "-") };
      const [first, again] = [await send({ headers }), await send({ headers })];
      expect([first.ok, again.status]).toEqual([true, first.status]);
      expect(first.headers.has("idempotency-replayed")).toBe(false);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(again.headers.get("location")).toBe(first.headers.get("location"));
      // Only the first reply contains a secret.
      const { status } = first;
      expect(await json(first, status)).toMatchObject(await json(again, status));
    },
  },
  "another request with the same Idempotency-Key returns 422": {
    applies: (route) => route.idempotent === true && exampleSucceeds(route),
    check: async (route) => {
      const send = await repeatable(route);
      const headers = { "Idempotency-Key": `other ${route.title}`.replaceAll(" ", "-") };
      expect((await send({ headers })).ok).toBe(true);
      const body = `${bodyFor(route)?.text ?? ""} `;
      await problem(send({ headers, body }), 422, "idempotency_key_reused");
    },
  },
} satisfies Record<string, Row>;

const STRONG = /^"[^"]+"$/;
const WEAK = /^W\/"[^"]+"$/;
/** A public page or document has a weak tag, so that it may be compressed. */
const isPage = ({ scope, docs }: Route) =>
  scope === null && alternatives(docs().replies[200] ?? null).every(({ kind }) => kind === "text");
/** A cursor with a valid position, `[1,"a"]`, and an invalid checksum. */
const FORGED_CURSOR = "WzEsImEiXQ00000000";

async function checkConditionalRead(send: SendAgain, form: RegExp): Promise<void> {
  const etag = (await send()).headers.get("etag") ?? "";
  expect(etag).toMatch(form);
  const opaque = etag.replace("W/", "");
  for (const condition of [opaque, `W/${opaque}`, "*"]) {
    const reply = await send({ headers: { "If-None-Match": condition } });
    expect([reply.status, await reply.text(), reply.headers.get("etag")]).toEqual([304, "", etag]);
  }
  expect((await send({ headers: { "If-None-Match": '"other"' } })).status).toBe(200);
}

async function checkConditionalWrite(route: Route, send: SendAgain): Promise<void> {
  for (const condition of ['"999999999"', 'W/"1"', '"other"'])
    await problem(send({ headers: { "If-Match": condition } }), 412, "precondition_failed");
  await expectAccepted(route, await send({ headers: { "If-Match": "*" } }));
}
