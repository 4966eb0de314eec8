import type { Fixtures } from "../testing/fixtures.testing";

export const fixtures: Fixtures = { redirects: ["GET /"] };
