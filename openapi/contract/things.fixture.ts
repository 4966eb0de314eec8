/** The document of a fictitious API, for the tests of the contract checker. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, vi } from "vitest";
import { checked, ContractError } from "./check";
import { recordsIn, RUN } from "./coverage";
import { describedBy } from "./described";

const json = (schema: object) => ({ "application/json": { schema } });
const id = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
const problem = {
  headers: id,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const thing = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string" } },
};
const name = { type: "object", required: ["name"], properties: { name: { type: "string", maxLength: 9 } } };

export const things = describedBy({
  paths: {
    "/things": {
      get: {
        operationId: "listThings",
        security: [{ apiKey: [] }, { bearer: [] }],
        parameters: [{ name: "limit", in: "query", schema: { type: "integer", maximum: 100 } }],
        responses: {
          200: {
            headers: { ...id, "X-Total": { required: true, schema: { type: "integer" } } },
            content: json({ type: "array", items: thing }),
          },
          401: problem,
        },
      },
      post: {
        operationId: "createThing",
        parameters: [{ name: "Idempotency-Key", in: "header", schema: { type: "string", minLength: 2 } }],
        requestBody: {
          required: true,
          content: { ...json(name), "multipart/form-data": { schema: name } },
        },
        responses: { 201: { headers: id, content: json(thing) }, 400: problem },
      },
    },
    "/things/new": {
      get: { operationId: "getNewThing", responses: { 204: { headers: id }, 405: problem } },
    },
    "/things/{id}": {
      get: {
        operationId: "getThing",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string", maxLength: 4 } }],
        responses: { 200: { headers: id, content: json(thing) }, 404: problem, 405: problem },
      },
    },
  },
  components: {
    headers: { RequestId: { schema: { type: "string", minLength: 1 } } },
    schemas: {
      Problem: {
        type: "object",
        required: ["status"],
        properties: { status: { type: "integer" }, requestId: {}, error: {}, detail: {} },
      },
    },
    securitySchemes: {
      apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      bearer: { type: "http", scheme: "bearer" },
    },
  },
});

let folder = "";

/** Redirects the records of these tests, so that their intended violations do not fail the run. Call it once in a file. */
export function useRecords(): { recorded: () => ReturnType<typeof recordsIn> } {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "contract-test-"));
    vi.stubEnv(RUN, folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
  });
  return { recorded: () => recordsIn(folder) };
}

export const KEY = { "X-API-Key": "k" };
export const JSON_TYPE = { "Content-Type": "application/json" };

/** Checks an exchange against the document. Returns the lines of the error, or an empty list. */
export async function against(url: string, request: RequestInit, reply: Response): Promise<string[]> {
  if (!reply.headers.has("X-Request-Id")) reply.headers.set("X-Request-Id", "r1");
  const send = checked(
    async (_url, init) => {
      await new Response(init?.body ?? null).arrayBuffer();
      return reply;
    },
    { described: things },
  );
  try {
    expect(await send(url, request)).toBe(reply);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    const { message } = error as ContractError;
    expect(recordsIn(folder).violations).toContain(message);
    return message.split("\n").slice(1);
  }
}

export const ok = (body: unknown, init: ResponseInit = {}) => Response.json(body, init);
export const refused = (status: number, more: object = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ status, requestId: "r1", ...more }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
