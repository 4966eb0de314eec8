import { fail } from "../../lib/failure.lib";
import type { Endpoint } from "../kit/api.kit";

/** Refuses a request if a setting of the route is missing, so a route without its secret is closed. */
export function requireSetting({ needs }: Endpoint): void {
  if (needs && !needs.isSet()) fail("not_configured", `${needs.setting} is not set`);
}
