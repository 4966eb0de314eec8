import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

/** The name and the version of the API. The version belongs to the HTTP contract, not to the program. */
export const API = { name: "convex-hono-api", version: "1.0.0" };

export const getIndex = contract("get", "/", () => ({
  operationId: "getIndex",
  scope: null,
  docs: docsOnly(({ named, reply, z }) => ({
    tag: "System",
    summary: "Show the API's name and links",
    description: "A browser is redirected to the reference page.",
    replies: {
      200: reply.json(
        named(
          "Index",
          z.object({
            name: z.string(),
            version: z.string(),
            links: named(
              "IndexLinks",
              z.object({ docs: z.string(), openapi: z.string(), health: z.string(), ready: z.string() }),
              {
                docs: "The path of the reference page.",
                openapi: "The path of this document.",
                health: "The path of the liveness check.",
                ready: "The path of the readiness check.",
              },
            ),
          }),
          {
            name: "The API's name.",
            version: "The version of the API, which follows Semantic Versioning.",
            links: "The paths of the API's own pages and checks.",
          },
        ),
        { headers: { Vary: z.string() } },
      ),
      302: reply.empty({ headers: { Vary: z.string() } }),
    },
    examples: {
      replies: {
        200: {
          ...API,
          links: { docs: "/docs", openapi: "/openapi.json", health: "/health", ready: "/health/ready" },
        },
      },
    },
  })),
}));

export const getOpenApi = contract("get", "/openapi.json", () => ({
  operationId: "getOpenApi",
  scope: null,
  conditional: true,
  docs: docsOnly(({ reply, withFields, z }) => ({
    tag: "System",
    summary: "Fetch this document",
    description: "Returns the OpenAPI document of the API, with this deployment under `servers`.",
    replies: {
      200: reply.text("application/json", {
        schema: withFields(
          z.looseObject({
            openapi: z.string(),
            info: withFields(z.looseObject({ title: z.string(), version: z.string() }), {
              title: "The API's name.",
              version: "The version of the API, which follows Semantic Versioning.",
            }),
            paths: z.looseObject({}),
          }),
          {
            openapi: "The version of the OpenAPI specification.",
            info: "The API's name, version and introduction.",
            paths: "The operations, by path and method.",
          },
        ),
        headers: { Vary: z.string() },
      }),
    },
    examples: {
      replies: {
        200: { openapi: "3.1.0", info: { title: API.name, version: API.version }, paths: {} },
      },
    },
  })),
}));

export const getDocs = contract("get", "/docs", () => ({
  operationId: "getDocs",
  scope: null,
  conditional: true,
  docs: docsOnly(({ reply }) => ({
    tag: "System",
    summary: "Show the interactive reference",
    description: "Returns a page for browsers that shows this document and can send requests.",
    replies: { 200: reply.text("text/html") },
    examples: { replies: { 200: "<!doctype html>" } },
  })),
}));

const Readiness = docsOnly(({ named, z }) =>
  named(
    "Readiness",
    z.object({
      status: z.enum(["ready", "unavailable"]),
      checks: z
        .array(
          named("ReadinessCheck", z.object({ name: z.string(), ok: z.boolean(), ms: z.number() }), {
            name: "The dependency.",
            ok: "Whether it works.",
            ms: "The milliseconds that the check took.",
          }),
        )
        .check(z.maxLength(2)),
    }),
    { status: "`ready` if every check is ok.", checks: "One check for each dependency." },
  ),
);

export const getReadiness = contract("get", "/health/ready", () => ({
  operationId: "getReadiness",
  scope: null,
  unlimited: true,
  docs: docsOnly(() => ({
    tag: "System",
    summary: "Check that requests can be served",
    description:
      "Reads documents and writes one, at most once every five seconds for all callers together. If the read works and the write fails, the " +
      "API serves GET requests only.",
    replies: { 200: Readiness(), 503: Readiness() },
    examples: {
      replies: {
        200: {
          status: "ready",
          checks: [
            { name: "database.read", ok: true, ms: 1 },
            { name: "database.write", ok: true, ms: 3 },
          ],
        },
        503: {
          status: "unavailable",
          checks: [
            { name: "database.read", ok: true, ms: 1 },
            { name: "database.write", ok: false, ms: 2000 },
          ],
        },
      },
    },
  })),
}));

export const ProblemKind = docsOnly(({ named, whole, z }) =>
  named(
    "ProblemKind",
    z.object({ code: z.string(), status: whole(), title: z.string(), explanation: z.string() }),
    {
      code: "The problem's code.",
      status: "The status of replies with this problem.",
      title: "The meaning of the code in a few words.",
      explanation: "The meaning of the code and what a caller can do.",
    },
  ),
);

export const getProblem = contract("get", "/problems/:code", () => ({
  operationId: "getProblem",
  scope: null,
  params: { code: id() },
  docs: docsOnly(({ reply, z }) => ({
    tag: "System",
    summary: "Explain a problem code",
    description:
      "Returns the meaning of the code and what a caller can do, as JSON or as a page for browsers. The `type` of a problem " +
      "is the URL of this operation.",
    fields: { code: "The code of a problem." },
    replies: {
      200: [
        reply.json(ProblemKind(), { headers: { Vary: z.string() } }),
        reply.text("text/html", { headers: { Vary: z.string() } }),
      ],
    },
    examples: {
      params: { code: "not_found" },
      replies: {
        200: {
          code: "not_found",
          status: 404,
          title: "Not found",
          explanation: "The resource does not exist, or belongs to another owner.",
        },
      },
    },
  })),
}));
