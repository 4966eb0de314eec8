import type { Fixtures } from "../testing/fixtures.testing";

export const fixtures: Fixtures = {
  access: { "GET /api/protected": "any", "GET /api/user": "any" },
};
