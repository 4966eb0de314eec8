import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

export const Digest = docsOnly(({ named, whole, hash, z }) =>
  named("Digest", z.object({ sha256: hash(), bytes: whole(), type: z.string() }), {
    sha256: "The SHA-256 of the canonical form, in lower-case hex.",
    bytes: "The length of the canonical form in UTF-8 bytes.",
    type: "`object`, `array`, `string`, `number`, `boolean` or `null`.",
  }),
);

const STATUSES = ["queued", "running", "succeeded", "failed"] as const;

export const Job = docsOnly(({ named, z }) =>
  named(
    "Job",
    z.object({
      id: z.string(),
      status: z.enum(STATUSES),
      result: z.exactOptional(Digest()),
      error: z.exactOptional(z.string()),
    }),
    {
      id: "The job's id.",
      status: "The state of the job.",
      result: "The result, if the job has succeeded.",
      error: "The reason for the failure, if the job has failed.",
    },
  ),
);

const digest = docsOnly(() => ({
  sha256: "93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588",
  bytes: 17,
  type: "object",
}));
const jobId = "kd79a0q9v3s1x8w6t4r0pzc5m7h6c";

export const processData = contract("post", "/api/process", () => ({
  operationId: "processData",
  scope: "jobs:write",
  idempotent: true,
  body: { type: "json", schema: ({ z, required }) => z.strictObject({ data: required() }) },
  docs: docsOnly(({ named, reply, z }) => ({
    tag: "Jobs",
    summary: "Digest a JSON value",
    description:
      "Returns the SHA-256 and the length of the value's canonical form (RFC 8785). With `Prefer: respond-async` (RFC 7240) " +
      "a job does this work after the response, and `Location` has the URL of the job.",
    fields: { data: "Any JSON value." },
    headers: {
      Prefer: {
        description: "`respond-async` does the work in a job (RFC 7240).",
        example: "respond-async",
      },
    },
    replies: {
      200: named("Processed", z.object({ success: z.boolean(), result: Digest() }), {
        success: "Always true.",
        result: "The hash, the length and the type of the value.",
      }),
      202: reply.json(Job(), { headers: { Location: z.string(), "Preference-Applied": z.string() } }),
    },
    examples: {
      body: { data: { hello: "world" } },
      replies: { 200: { success: true, result: digest() }, 202: { id: jobId, status: "queued" } },
    },
  })),
}));

export const listJobs = contract("get", "/api/jobs", () => ({
  operationId: "listJobs",
  scope: "jobs:read",
  paged: { filters: ({ z }) => ({ status: z.enum(STATUSES) }) },
  docs: docsOnly(({ z }) => ({
    tag: "Jobs",
    summary: "List the caller's jobs, newest first",
    description: "Returns the caller's own jobs, each as in `GET /api/jobs/{id}`.",
    fields: { status: "Only jobs in this state." },
    replies: { 200: z.array(Job()) },
    examples: {
      query: { status: "succeeded" },
      replies: { 200: [{ id: jobId, status: "succeeded", result: digest() }] },
    },
  })),
}));

export const getJob = contract("get", "/api/jobs/:id", () => ({
  operationId: "getJob",
  scope: "jobs:read",
  conditional: true,
  params: { id: id() },
  docs: docsOnly(() => ({
    tag: "Jobs",
    summary: "Fetch one job",
    description: "A job that has succeeded has a `result`; a job that has failed has an `error`.",
    fields: { id: "The job's id." },
    replies: { 200: Job() },
    examples: {
      params: { id: jobId },
      replies: { 200: { id: jobId, status: "succeeded", result: digest() } },
    },
  })),
}));
