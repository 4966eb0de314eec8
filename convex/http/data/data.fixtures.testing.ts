import type { Fixtures } from "../testing/fixtures.testing";

export const fixtures: Fixtures = {
  access: { "POST /api/data": null, "POST /api/form": null },
};
