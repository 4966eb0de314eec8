/** Helpers of the suites that forge webhooks. */
import { send } from "../testing/engine.testing";
import type { Headers, TestedSource } from "../testing/sources.testing";
import { expectRejected, webhook, type Options } from "../testing/webhooks.testing";

/** Returns the body and the headers of a correctly signed webhook. */
export function signed(
  { name, type }: TestedSource,
  options: Options = {},
): { body: string; headers: Headers } {
  const { init } = webhook(name, type, options);
  return { body: init.body as string, headers: init.headers as Headers };
}

/** Sends a webhook, and expects that it is refused and not stored. */
export const refused = (source: string, body: string, headers: Headers): Promise<void> =>
  expectRejected(send(`/webhooks/${source}`, { method: "POST", body, headers }));
