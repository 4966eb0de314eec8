import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";

export const getIndex = contract("get", "/", () => ({
  operationId: "getIndex",
  scope: null,
  replies: documented(() => ({
    200: z.object({
      name: z.string(),
      version: z.string(),
      links: z.object({ docs: z.string(), openapi: z.string(), health: z.string(), ready: z.string() }),
    }),
    302: null,
  })),
  headers: documented(() => ({ 200: ["Vary"], 302: ["Vary"] })),
  docs: documented(() => ({
    tag: "System",
    summary: "Name the API and link to its parts",
    description: "A place to start from.",
    examples: {
      replies: {
        200: {
          name: "convex-hono-api",
          version: "1.0.0",
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
  replies: documented(({ z }) => ({
    200: z.looseObject({
      openapi: z.string(),
      info: z.looseObject({ title: z.string(), version: z.string() }),
      paths: z.looseObject({}),
    }),
  })),
  docs: documented(() => ({
    tag: "System",
    media: "application/json",
    summary: "Fetch this document",
    description: "The OpenAPI document of the API. `servers` names the deployment that answers.",
    examples: {
      replies: {
        200: { openapi: "3.1.0", info: { title: "convex-hono-api", version: "1.0.0" }, paths: {} },
      },
    },
  })),
}));

export const getDocs = contract("get", "/docs", () => ({
  operationId: "getDocs",
  scope: null,
  conditional: true,
  replies: documented(() => ({ 200: z.string() })),
  docs: documented(() => ({
    tag: "System",
    media: "text/html",
    summary: "Show the interactive reference",
    description: "A page for browsers, which shows this document and can send requests.",
    examples: { replies: { 200: "<!doctype html>" } },
  })),
}));

export const getHealth = contract("get", "/health", () => ({
  operationId: "getHealth",
  scope: null,
  unlimited: true,
  replies: documented(() => ({ 200: z.object({ status: z.enum(["ok"]) }) })),
  docs: documented(() => ({
    tag: "System",
    summary: "Tell that the process answers",
    description: "Touches no database.",
    examples: { replies: { 200: { status: "ok" } } },
  })),
}));

const Readiness = documented(({ named, z }) =>
  named(
    "Readiness",
    z.object({
      status: z.enum(["ready", "unavailable"]),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), ms: z.number() })),
    }),
  ),
);

export const getReadiness = contract("get", "/health/ready", () => ({
  operationId: "getReadiness",
  scope: null,
  unlimited: true,
  replies: documented(() => ({ 200: Readiness(), 503: Readiness() })),
  docs: documented(() => ({
    tag: "System",
    summary: "Tell whether requests can be served",
    description:
      "Reads documents and writes one, at most once in five seconds for all callers, and tells for each whether it worked and the milliseconds it took. A read that works while the write fails means that GET requests are served.",
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

export const ProblemKind = documented(({ named, whole }) =>
  named(
    "ProblemKind",
    z.object({ code: z.string(), status: whole(), title: z.string(), explanation: z.string() }),
  ),
);

export const getProblem = contract("get", "/problems/:code", () => ({
  operationId: "getProblem",
  scope: null,
  params: { code: z.string() },
  replies: documented(() => ({ 200: ProblemKind() })),
  docs: documented(() => ({
    tag: "System",
    summary: "Explain a problem code",
    description: "What the code means and what a caller can do about it. A problem's `type` leads here.",
    examples: {
      params: { code: "not_found" },
      replies: {
        200: {
          code: "not_found",
          status: 404,
          title: "Not found",
          explanation: "Nothing is there, or nothing of yours.",
        },
      },
    },
  })),
}));
