import { expect } from "vitest";
import * as z from "zod/mini";
import { ask, credentialHeader, expectAccepted } from "./requests.testing";
import { streamed, tooLargeFor, CLOSE_CONNECTION } from "./bodies.testing";
import { as } from "./engine.testing";
import { problem } from "./replies.testing";
import { namesOfQuery, pathFor, pathWith, type Route } from "./routes.testing";
import type { Row } from "./security.testing";

const takesJson = ({ body }: Route) => body?.type === "json" || body?.type === "anyJson";
const takesForm = ({ body }: Route) => body?.type === "form";
const takesFile = ({ body }: Route) => body?.type === "file" || body?.type === "multipart";
const takesInput = (route: Route) => takesJson(route) || takesForm(route) || takesFile(route);
const mayBeEmpty = ({ body, inputs: { form } }: Route) =>
  (body?.type === "json" && body.optional === true) ||
  (body?.type === "form" && form !== undefined && z.object(form).safeParse({}).success);

const underApi = (route: Route) => route.path.startsWith("/api/") && !takesForm(route) && !takesFile(route);

type Change = { body?: string | ReadableStream; headers?: Record<string, string>; query?: string };

/** Sends a valid request with a valid credential to the route, except for the changes of a test row. */
async function askWith(route: Route, { query = "", headers, ...body }: Change): Promise<Response> {
  const call = await as("owner");
  const path = await pathFor(route, call);
  return ask(route, path + query, { headers: { ...credentialHeader(route, call.key), ...headers }, ...body });
}

/** Rows for the input of a route: JSON bodies, forms, uploads and the query. */
export const INPUT_ROWS = {
  "a body of another type returns 415": {
    applies: (route) => takesJson(route) || takesForm(route),
    check: async (route) => {
      const other = takesForm(route) ? "application/json" : "application/x-www-form-urlencoded";
      for (const type of ["text/plain", other, "application/jsonp", "json"]) {
        const reply = await askWith(route, { headers: { "Content-Type": type } });
        expect(reply.headers.get("accept-patch")).toBe(route.method === "PATCH" ? "application/json" : null);
        const { detail } = await problem(reply, 415, "unsupported_media_type");
        expect(detail).toMatch(
          takesForm(route) ? /^Content-Type must be / : /^Content-Type must be application\/json$/,
        );
      }
    },
  },
  "a body with a content coding returns 415 that names the accepted coding": {
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
  "a Content-Length above the limit returns 413 before the credential is checked": {
    applies: ({ method, body }) => method !== "GET" && body?.type !== "signedText",
    check: async (route) => {
      const body = tooLargeFor(route);
      const reply = ask(route, pathWith(route, "nothing"), { body, headers: CLOSE_CONNECTION });
      await problem(reply, 413, "payload_too_large");
    },
  },
  "a body above the limit without a Content-Length returns 413": {
    applies: takesInput,
    check: async (route) => {
      const body = streamed(tooLargeFor(route));
      await problem(askWith(route, { body, headers: CLOSE_CONNECTION }), 413, "payload_too_large");
    },
  },
  "a body that is not JSON returns 400": {
    applies: takesJson,
    check: async (route) => {
      for (const body of ["{", "undefined", "{'a':1}", "{} {}"]) {
        const { detail } = await problem(askWith(route, { body }), 400, "invalid_json");
        expect(detail).toBe("Invalid JSON body");
      }
    },
  },
  "an empty body returns 400, unless the body is optional": {
    applies: takesInput,
    check: async (route) => {
      const reply = await askWith(route, { body: "" });
      if (mayBeEmpty(route)) await expectAccepted(route, reply);
      else await problem(reply, 400, takesJson(route) ? "invalid_json" : "invalid_request");
    },
  },
  "a form without its boundary, or a truncated form, returns 400": {
    applies: takesForm,
    check: async (route) => {
      const body = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n';
      for (const type of ["multipart/form-data", "multipart/form-data; boundary=b"])
        await problem(askWith(route, { body, headers: { "Content-Type": type } }), 400, "invalid_request");
    },
  },
  "an unknown field in the body returns 400 that names the field": {
    applies: ({ body }) => body?.type === "json",
    check: async (route) => {
      const example = route.docs().examples?.body;
      const [body, path] = Array.isArray(example)
        ? [[{ ...(example[0] as object), intruder: 1 }], "0.intruder"]
        : [{ ...(example as object), intruder: 1 }, "intruder"];
      const refused = problem(askWith(route, { body: JSON.stringify(body) }), 400, "invalid_request");
      expect((await refused).errors).toEqual([{ in: "body", path, message: "is not a known field" }]);
    },
  },
  "an unknown or repeated form field returns 400 that names the field": {
    applies: takesForm,
    check: async (route) => {
      const example = new URLSearchParams(route.docs().examples?.body as Record<string, string>).toString();
      const repeated = Object.keys(route.inputs.form ?? {}).map(
        (name) => [name, "must be given only once"] as const,
      );
      for (const [path, message] of [...repeated, ["intruder", "is not a known field"] as const]) {
        const { errors } = await problem(
          askWith(route, { body: `${example}&${path}=1` }),
          400,
          "invalid_request",
        );
        expect(errors).toEqual([{ in: "body", path, message }]);
      }
    },
  },
  "an unknown query parameter returns 400 that names the parameter": {
    applies: underApi,
    check: async (route) => {
      const { errors } = await problem(askWith(route, { query: "?intruder=1" }), 400, "invalid_request");
      expect(errors).toEqual([{ in: "query", path: "intruder", message: "is not a known query parameter" }]);
    },
  },
  "a repeated query parameter returns 400 that names the parameter": {
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
