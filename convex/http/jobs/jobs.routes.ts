import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import type { Api } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import type { Shape } from "../kit/contract.kit";
import type { ApiEnv } from "../kit/env.kit";
import { implement } from "../kit/implement.kit";
import { getJob, processData, type Job } from "./jobs.contract";

const toJob = (doc: Doc<"jobs">): Shape<typeof Job> => ({
  id: doc._id,
  status: doc.status,
  ...(doc.result && { result: doc.result }),
  ...(doc.error !== undefined && { error: doc.error }),
});

export function jobs(api: Api): void {
  implement(api, processData, async (c) => {
    const { caller, once } = c.var;
    const text = JSON.stringify(c.req.valid("json").data);
    if (prefersAsync(c.req.header("Prefer"))) {
      const input = await inputOf(c.env, text);
      const job = await once((key) =>
        c.env.runMutation(internal.jobs.enqueue, { ownerId: caller.userId, input, ...key }),
      );
      return c.json(toJob(job), 202, {
        Location: `/api/jobs/${job._id}`,
        "Preference-Applied": "respond-async",
      });
    }
    const result = await once(async (key) => {
      const made = await c.env.runAction(internal.process.handle, { text });
      if (!key.idempotency) return { result: made, replayed: false };
      return c.env.runMutation(internal.jobs.remember, { result: made, ...key });
    });
    return c.json({ success: true, result }, 200);
  });

  implement(api, getJob, async (c) => {
    const job = await c.env.runQuery(internal.jobs.get, {
      ownerId: c.var.caller.userId,
      jobId: c.req.valid("param").id,
    });
    return c.json(toJob(job), 200, etag(job));
  });
}

/** RFC 7240: preferences are separated by commas, and each may have parameters. */
function prefersAsync(header: string | undefined): boolean {
  return (header ?? "")
    .split(",")
    .some((one) => one.split(";", 1)[0]?.trim().toLowerCase() === "respond-async");
}

/** Bytes of input that a job's document may hold; Convex's limit for a document is 1 MiB. */
const DOCUMENT_BYTES = 512 * 1024;

async function inputOf(env: ApiEnv["Bindings"], text: string): Promise<NonNullable<Doc<"jobs">["input"]>> {
  if (text.length <= DOCUMENT_BYTES / 3) return { text };
  const blob = new Blob([text], { type: "application/json" });
  return blob.size <= DOCUMENT_BYTES ? { text } : { storageId: await env.storage.store(blob) };
}
