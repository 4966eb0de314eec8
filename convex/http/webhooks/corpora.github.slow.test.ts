/** All payloads of the package `@octokit/webhooks-examples` are accepted and recorded, as JSON and as a form. */
import examples from "@octokit/webhooks-examples";
import { expect, test } from "vitest";
import { asForm } from "../../../scripts/webhook/senders";
import { as, settle, useEngine } from "../testing/engine.testing";
import { page, type Json } from "../testing/replies.testing";
import { post, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const HANDLED = ["ping", "push", "issues", "pull_request", "release"];
const payloads = examples.flatMap(({ name, examples }) =>
  examples.map((payload, n) => ({ name, id: `${name}-${n}`, payload: payload as Json })),
);

test("the package has the expected number of payloads", () => {
  expect(examples.length).toBeGreaterThan(50);
  expect(payloads.length).toBeGreaterThan(300);
  expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(HANDLED));
});

test.each(["json", "form"])("all payloads are recorded as %s", async (media) => {
  for (const { name, id, payload } of payloads) {
    const json = JSON.stringify(payload);
    const form = media === "form" ? asForm(json) : undefined;
    const reply = await post("github", name, {
      id: `${media}-${id}`,
      body: form?.body ?? json,
      headers: (signed) => ({ ...signed, ...form?.headers }),
    });
    expect([id, reply.status]).toEqual([id, 200]);
  }
  await settle();

  const log = await readLog();
  for (const { name, id, payload } of payloads) {
    const event = log.get(`${media}-${id}`);
    const repository = (payload["repository"] as Json | undefined)?.["full_name"];
    const sender = (payload["sender"] as Json | undefined)?.["login"];
    const action = payload["action"];
    expect(event, id).toMatchObject({
      ...{ source: "github", type: name, status: "success", attempts: 1, handled: HANDLED.includes(name) },
      details: {
        ...(repository !== undefined && { repository }),
        ...(sender !== undefined && { sender }),
        ...(action !== undefined && { action }),
      },
    });
    expect((await read(event?.["id"]))["payload"], id).toEqual(redacted(payload));
  }
});

/** Returns all events in the log by the ids that their source gave them. */
async function readLog(): Promise<Map<unknown, Json>> {
  const call = await as("root");
  const log = new Map<unknown, Json>();
  for (let path: string | undefined = "/api/webhook-events?limit=100"; path !== undefined;) {
    const reply: Response = await call("GET", path);
    path = /<([^>]+)>/.exec(reply.headers.get("link") ?? "")?.[1];
    for (const event of await page(reply)) log.set(event["eventId"], event);
  }
  return log;
}

/** Returns a payload as the log shows it. */
function redacted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redacted);
  const hidden = /secret|token|password|passwd|api_?key|authorization|private_metadata/i;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, hidden.test(name) ? "[redacted]" : redacted(inner)]),
  );
}
