import { fail } from "../../lib/failure.lib";
import type { Endpoint } from "../kit/api.kit";

/** Refuses on a route whose setting is missing: without its secret a route is closed, not open. */
export function requireSetting({ needs }: Endpoint): void {
  if (needs && !needs.isSet()) fail("not_configured", `${needs.setting} is not set`);
}
