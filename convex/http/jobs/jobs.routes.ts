import { internal } from "../../_generated/api";
import { storeText } from "../../lib/textStorage.lib";
import { prefers } from "../../lib/prefer.lib";
import { toJob } from "../../views/job.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { getJob, listJobs, processData } from "./jobs.contract";

export function jobs(api: Registry): void {
  implement(api, processData, async (c) => {
    const { caller, once } = c.var;
    const text = JSON.stringify(c.req.valid("json").data);
    if (prefers(c.req.header("Prefer") ?? "", "respond-async")) {
      const job = await once((key) =>
        storeText(c.env.storage, text, (input) =>
          c.env.runMutation(internal.jobs.enqueue, { ownerId: caller.userId, input, ...key }),
        ),
      );
      return c.json(toJob(job), 202, {
        Location: `/api/jobs/${job._id}`,
        "Preference-Applied": "respond-async",
      });
    }
    const result = await once(async (key) => {
      const digest = await c.env.runAction(internal.process.handle, { text });
      if (!key.idempotency) return { result: digest, replayed: false };
      return c.env.runMutation(internal.jobs.remember, { result: digest, ...key });
    });
    return c.json({ success: true, result }, 200);
  });

  implement(api, listJobs, async (c) => {
    const { caller, page } = c.var;
    const args = { ownerId: caller.userId, ...page.request };
    const { docs, next } = await c.env.runQuery(internal.jobs.list, args);
    return c.json(docs.map(toJob), 200, page.link(next));
  });

  implement(api, getJob, async (c) => {
    const job = await c.env.runQuery(internal.jobs.get, {
      ownerId: c.var.caller.userId,
      jobId: c.req.valid("param").id,
    });
    return c.json(toJob(job), 200, etag(job));
  });
}
