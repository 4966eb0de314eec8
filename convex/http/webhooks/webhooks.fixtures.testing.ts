import { internal } from "../../_generated/api";
import { as, run, settle } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { page } from "../testing/replies.testing";
import { SOURCES } from "./webhooks.contract";

let made = 0;

/** An event of a type that Clerk's handler ignores. */
const ignored = { handler: "clerk", payload: { text: '{"data":{}}' } };

export const fixtures: Fixtures = {
  resources: {
    "/api/webhook-events/:id": {
      belongsTo: "the deployment",
      some: async () => {
        const event = { source: "clerk", eventId: `other${++made}`, eventType: "other", eventTime: 0 };
        await run("mutation", internal.webhooks.receive.record, { ...event, ...ignored });
        await settle();
        const [newest] = await page((await as("root"))("GET", "/api/webhook-events?limit=1"));
        return String(newest?.["id"]);
      },
    },
  },
  scopeNames: { "webhook-events": "webhooks" },
  lists: {
    "GET /api/webhook-events": {
      id: "eventId",
      filters: {
        source: Object.keys(SOURCES).slice(0, 2),
        status: ["success", "pending"],
        type: ["push", "issues"],
      },
      make: async (_, { source = "", status, type = "" }, n) => {
        const event = { source, eventId: `list ${n}`, eventType: type, eventTime: 0, ...ignored };
        // An event with an unknown handler stays pending until its retries have failed.
        const handler = status === "pending" ? "missing" : event.handler;
        await run("mutation", internal.webhooks.receive.record, { ...event, handler });
        await settle();
        return event.eventId;
      },
    },
  },
};
