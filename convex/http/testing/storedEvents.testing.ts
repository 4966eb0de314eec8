/** Webhook events in the database, for suites of functions. */
import { convexTest } from "convex-test";
import { internal } from "../../_generated/api";
import schema from "../../schema";

const modules = import.meta.glob("../../**/*.*s");

/** Inserts one pending event before its first attempt. */
export async function withEvent(stored: { source: string; handler: string }) {
  const t = convexTest(schema, modules);
  const id = await t.run((ctx) =>
    ctx.db.insert("webhookEvents", {
      ...{ ...stored, eventId: "evt_1", eventType: "push", eventTime: 0, payload: { text: "{}" } },
      ...{ status: "pending" as const, attempts: 1, dueAt: Date.now() + 60_000, revision: 1 },
    }),
  );
  const event = () => t.run((ctx) => ctx.db.get("webhookEvents", id));
  const processed = async () => {
    await t.mutation(internal.webhooks.process.process, { id, attempts: 1 });
    return event();
  };
  return { t, id, event, processed };
}
