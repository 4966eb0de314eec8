/** Helpers of the suites that forge webhooks. */
import { expect } from "vitest";
import { as, send } from "../testing/engine.testing";
import { page, problem } from "../testing/replies.testing";
import type { Headers, TestedSource } from "../testing/sources.testing";
import { webhook, type Options } from "../testing/webhooks.testing";

/** Returns the body and the headers of a correctly signed webhook. */
export function signed(
  { name, type }: TestedSource,
  options: Options = {},
): { body: string; headers: Headers } {
  const { init } = webhook(name, type, options);
  return { body: init.body as string, headers: init.headers as Headers };
}

const countEvents = async () =>
  (await page((await as("root"))("GET", "/api/webhook-events?limit=100"))).length;

/** Sends a webhook, and expects that it is refused and not stored. */
export async function refused(source: string, body: string, headers: Headers): Promise<void> {
  const before = await countEvents();
  const reply = send(`/webhooks/${source}`, { method: "POST", body, headers });
  expect((await problem(reply, 400, "webhook_rejected")).detail).toBe("Webhook verification failed");
  expect(await countEvents()).toBe(before);
}
