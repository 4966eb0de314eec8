import { expect } from "vitest";
import * as z from "zod/mini";
import { ask, oneCarrying } from "./asking.testing";
import { streamed, tooLargeFor, UNREAD } from "./bodies.testing";
import { as } from "./engine.testing";
import { problem } from "./replies.testing";
import { pathFor, pathWith, type Route } from "./routes.testing";
import type { Row } from "./security.testing";

/** Routes that take any JSON, so that no field is unknown. */
const TAKES_ANY_JSON = ["POST /api/data"];

const takesJson = ({ body }: Route) => body !== undefined;
const takesForm = ({ form }: Route) => form !== undefined;
const takesInput = (route: Route) => takesJson(route) || takesForm(route) || route.upload === true;
const mayBeEmpty = ({ bodyOptional, form }: Route) =>
  bodyOptional ?? (form !== undefined && z.object(form).safeParse({}).success);

const underApi = ({ path, form, upload }: Route) => path.startsWith("/api/") && !form && !upload;
const namesOfQuery = ({ query, paged }: Route) => [
  ...Object.keys(query ?? {}),
  ...(paged ? ["limit", "cursor"] : []),
];

type Change = { body?: string | ReadableStream; headers?: Record<string, string>; query?: string };

/** Sends what the route takes, with a good credential, except for what a row has changed about it. */
async function askWith(route: Route, { query = "", headers, ...body }: Change): Promise<Response> {
  const call = await as("owner");
  const path = await pathFor(route, call);
  return ask(route, path + query, { headers: { ...oneCarrying(route, call.key), ...headers }, ...body });
}

/** Rows about what a route takes: the body, whichever kind of them, and the query. */
export const INPUT_ROWS = {
  "a body of another type: 415": {
    applies: (route) => takesJson(route) || takesForm(route),
    check: async (route) => {
      const other = route.form ? "application/json" : "application/x-www-form-urlencoded";
      for (const type of ["text/plain", other, "application/jsonp", "json"]) {
        const reply = await askWith(route, { headers: { "Content-Type": type } });
        expect(reply.headers.get("accept-patch")).toBe(route.method === "PATCH" ? "application/json" : null);
        const { detail } = await problem(reply, 415, "unsupported_media_type");
        expect(detail).toMatch(
          route.form ? /^Content-Type must be / : /^Content-Type must be application\/json$/,
        );
      }
    },
  },
  "a body in a content coding: 415 that says how to send it": {
    applies: takesInput,
    check: async (route) => {
      for (const coding of ["gzip", "identity, BR"]) {
        const reply = await askWith(route, { headers: { "Content-Encoding": coding } });
        expect(reply.headers.get("accept-encoding")).toBe("identity");
        const { detail } = await problem(reply, 415, "unsupported_media_type");
        expect(detail).toBe("Content-Encoding must be identity: send the body as it is");
      }
      const reply = await askWith(route, { headers: { "Content-Encoding": "Identity" } });
      expect(reply.status).not.toBe(415);
    },
  },
  "a body that declares itself too large: 413, before the credential": {
    applies: ({ method, needs }) => method !== "GET" && !needs,
    check: async (route) => {
      const body = tooLargeFor(route);
      const reply = ask(route, pathWith(route, "nothing"), { body, headers: UNREAD });
      await problem(reply, 413, "payload_too_large");
    },
  },
  "a body too large whose length nobody declares: 413": {
    applies: takesInput,
    check: async (route) => {
      const body = streamed(tooLargeFor(route));
      await problem(askWith(route, { body, headers: UNREAD }), 413, "payload_too_large");
    },
  },
  "a body that is not JSON: 400": {
    applies: takesJson,
    check: async (route) => {
      for (const body of ["{", "undefined", "{'a':1}", "{} {}"]) {
        const { detail } = await problem(askWith(route, { body }), 400, "invalid_json");
        expect(detail).toBe("Invalid JSON body");
      }
    },
  },
  "an empty body: 400, unless it may be left out": {
    applies: takesInput,
    check: async (route) => {
      const reply = await askWith(route, { body: "" });
      if (mayBeEmpty(route)) expect(reply.status).toBe(200);
      else await problem(reply, 400, route.body ? "invalid_json" : "invalid_request");
    },
  },
  "a form without its boundary, or cut off: 400": {
    applies: takesForm,
    check: async (route) => {
      const body = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n';
      for (const type of ["multipart/form-data", "multipart/form-data; boundary=b"])
        await problem(askWith(route, { body, headers: { "Content-Type": type } }), 400, "invalid_request");
    },
  },
  "a field that the body does not have: 400 that names it": {
    applies: (route) => takesJson(route) && !TAKES_ANY_JSON.includes(route.title),
    check: async (route) => {
      const body = JSON.stringify({ ...(route.docs().examples?.body as object), intruder: 1 });
      const { errors } = await problem(askWith(route, { body }), 400, "invalid_request");
      expect(errors).toEqual([{ in: "body", path: "intruder", message: "is not a known field" }]);
    },
  },
  "a field that the form does not have, or has twice: 400 that names it": {
    applies: takesForm,
    check: async (route) => {
      const example = new URLSearchParams(route.docs().examples?.body as Record<string, string>).toString();
      const wrong = Object.keys(route.form ?? {}).map((name) => [name, "must be given only once"] as const);
      for (const [path, message] of [...wrong, ["intruder", "is not a known field"] as const]) {
        const { errors } = await problem(
          askWith(route, { body: `${example}&${path}=1` }),
          400,
          "invalid_request",
        );
        expect(errors).toEqual([{ in: "body", path, message }]);
      }
    },
  },
  "a query parameter that the route does not have: 400 that names it": {
    applies: underApi,
    check: async (route) => {
      const { errors } = await problem(askWith(route, { query: "?intruder=1" }), 400, "invalid_request");
      expect(errors).toEqual([{ in: "query", path: "intruder", message: "is not a known query parameter" }]);
    },
  },
  "a query parameter given twice: 400 that names it": {
    applies: (route) => underApi(route) && namesOfQuery(route).length > 0,
    check: async (route) => {
      for (const name of namesOfQuery(route)) {
        const reply = askWith(route, { query: `?${name}=1&${name}=1` });
        const { errors } = await problem(reply, 400, "invalid_request");
        expect(errors).toEqual([{ in: "query", path: name, message: "must be given only once" }]);
      }
    },
  },
} satisfies Record<string, Row>;
