import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import { run, settle, type Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { idOf, json } from "../testing/replies.testing";
import { upload } from "../testing/uploads.testing";

/** Creates a job, waits for its end, and returns its id. */
async function job(owner: Call): Promise<string> {
  const id = await idOf(owner("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" }), 202);
  await settle();
  return id;
}

/** Creates a job whose input has been deleted, waits for its end, and returns its id. */
async function failedJob(owner: Call): Promise<string> {
  const storageId = await upload(owner);
  await owner("DELETE", `/api/files/${storageId}`);
  // The id of a file is the id of its bytes.
  const input = { storageId: storageId as Id<"_storage"> };
  const { result } = await run("mutation", internal.jobs.enqueue, { ownerId: owner.userId, input });
  await settle();
  return result._id;
}

export const fixtures: Fixtures = {
  resources: { "/api/jobs/:id": { belongsTo: "its owner", of: job } },
  owned: {
    jobs: async (ctx, ownerId, store) => {
      const input = { storageId: await store() };
      await ctx.db.insert("jobs", { ownerId, status: "running", input, revision: 1 });
    },
  },
  scopeNames: { process: "jobs" },
  lists: {
    "GET /api/jobs": {
      filters: { status: ["succeeded", "failed"] },
      make: (owner, { status }) => (status === "failed" ? failedJob(owner) : job(owner)),
    },
  },
  changes: {
    "job.succeeded": async (call) => json(call("GET", `/api/jobs/${await job(call)}`)),
    "job.failed": async (call) => json(call("GET", `/api/jobs/${await failedJob(call)}`)),
  },
};
