import { FIXTURES } from "./fixtures.testing";
import type { Route } from "./routes.testing";

/** Returns a value for each setting that a route needs. */
export const settingsOf = (routes: readonly Route[]): Record<string, string> =>
  Object.fromEntries(
    routes.flatMap(({ needs }) =>
      needs ? [[needs.setting, FIXTURES.settings[needs.setting] ?? "whsec_c2VjcmV0"]] : [],
    ),
  );
