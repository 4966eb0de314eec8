import { fail } from "../../lib/failure.lib";
import type { Api } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { receiveFrom, SOURCES } from "./webhooks.contract";

/** Passes the body and the headers of each webhook to the action of its source. */
export function webhooks(api: Api): void {
  for (const [name, source] of Object.entries(SOURCES)) {
    implement(api, receiveFrom(name, source), async (c) => {
      const { action, headers, unsigned } = source;
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
