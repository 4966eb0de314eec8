import { expect } from "vitest";
import * as z from "zod/mini";
import { ask, oneCarrying } from "./asking.testing";
import { streamed, UNREAD } from "./bodies.testing";
import { as } from "./engine.testing";
import { problem } from "./replies.testing";
import { pathFor, type Route } from "./routes.testing";
import type { Row } from "./security.testing";

const MIB = 1024 * 1024;

const takesInput = ({ body, form, upload }: Route) => Boolean(body ?? form ?? upload);
const takesForm = ({ form }: Route) => form !== undefined;
const mayBeEmpty = ({ bodyOptional, form }: Route) =>
  bodyOptional ?? (form !== undefined && z.object(form).safeParse({}).success);

/** Asks with a good credential. */
async function askWith(
  route: Route,
  body: string | ReadableStream,
  more: Record<string, string> = {},
): Promise<Response> {
  const call = await as("owner");
  const headers = { ...oneCarrying(route, call.key), ...more };
  return ask(route, await pathFor(route, call), { headers, body });
}

/** Rows about bodies, whichever kind of them a route takes. */
export const INPUT_ROWS = {
  "an empty body: 400, unless it may be left out": {
    applies: takesInput,
    check: async (route) => {
      const reply = await askWith(route, "");
      if (mayBeEmpty(route)) expect(reply.status).toBe(200);
      else await problem(reply, 400, route.body ? "invalid_json" : "invalid_request");
    },
  },
  "a body too large whose length nobody declares: 413": {
    applies: takesInput,
    check: async (route) => {
      const body = streamed(" ".repeat(route.upload ? 22_000_000 : MIB + 1));
      await problem(askWith(route, body, UNREAD), 413, "payload_too_large");
    },
  },
  "a form without its boundary, or cut off: 400": {
    applies: takesForm,
    check: async (route) => {
      const body = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n';
      for (const type of ["multipart/form-data", "multipart/form-data; boundary=b"])
        await problem(askWith(route, body, { "Content-Type": type }), 400, "invalid_request");
    },
  },
  "a field that the form does not have, or has twice: 400 that names it": {
    applies: takesForm,
    check: async (route) => {
      const example = new URLSearchParams(route.docs().examples?.body as Record<string, string>).toString();
      const wrong = Object.keys(route.form ?? {}).map((name) => [name, "must be given only once"] as const);
      for (const [path, message] of [...wrong, ["intruder", "is not a known field"] as const]) {
        const { errors } = await problem(askWith(route, `${example}&${path}=1`), 400, "invalid_request");
        expect(errors).toEqual([{ in: "body", path, message }]);
      }
    },
  },
} satisfies Record<string, Row>;
