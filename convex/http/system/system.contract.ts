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
      links: z.object({ health: z.string(), ready: z.string() }),
    }),
  })),
  docs: documented(() => ({
    tag: "System",
    summary: "Name the API and link to its parts",
    examples: {
      replies: {
        200: {
          name: "convex-hono-api",
          version: "0.1.0",
          links: { health: "/health", ready: "/health/ready" },
        },
      },
    },
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

const Readiness = documented(() =>
  z.object({
    status: z.enum(["ready", "unavailable"]),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), ms: z.number() })),
  }),
);

export const getReadiness = contract("get", "/health/ready", () => ({
  operationId: "getReadiness",
  scope: null,
  unlimited: true,
  replies: documented(() => ({ 200: Readiness(), 503: Readiness() })),
  docs: documented(() => ({
    tag: "System",
    summary: "Tell that every dependency answers",
    description: "One check for each dependency, with the milliseconds it took.",
    examples: {
      replies: {
        200: { status: "ready", checks: [{ name: "database", ok: true, ms: 3 }] },
        503: { status: "unavailable", checks: [{ name: "database", ok: false, ms: 1200 }] },
      },
    },
  })),
}));

export const ProblemKind = documented(() =>
  z.object({ code: z.string(), status: z.number(), title: z.string(), explanation: z.string() }),
);

export const getProblem = contract("get", "/problems/:code", () => ({
  operationId: "getProblem",
  scope: null,
  params: { code: z.string() },
  replies: documented(() => ({ 200: ProblemKind() })),
  docs: documented(() => ({
    tag: "System",
    summary: "Explain a problem code",
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
