import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { RECEIVERS, SOURCES, type SourceName } from "./webhooks.contract";

/** Passes the body and the headers of each webhook to the action of its source. */
export function webhooks(api: Registry): void {
  // `Object.keys` returns strings, but the keys of the record are exactly the names.
  for (const name of Object.keys(SOURCES) as SourceName[]) {
    implement(api, RECEIVERS[name], async (c, fail) => {
      const { action, headers, unsigned } = SOURCES[name];
      const args: Record<string, string> = { body: c.var.text };
      for (const [arg, names] of Object.entries(headers)) {
        // An empty header counts as missing.
        const value = [names]
          .flat()
          .map((header) => c.req.header(header))
          .find(Boolean);
        if (!value && (unsigned || arg === "signature"))
          fail("webhook_unsigned", unsigned ?? "Missing signature");
        args[arg] = value ?? "";
      }
      await c.env.runAction(action, args);
      return c.text("OK", 200);
    });
  }
}
