import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { bundleHttp } from "./bundle";

const dir = resolve(import.meta.dirname, "../../../convex");

test("a request loads few chunks before it runs", async () => {
  const { atStart } = await bundleHttp(dir, join(dir, "http.ts"));
  // `http.js`, the kit with Hono, two parts of convex, the bundler's helpers, and two libraries that functions import too. If this
  // fails, see `everyRequest.kit.ts`: probably a module that is loaded on demand imports a file of the kit that is not listed there.
  expect(atStart).toHaveLength(7);
});
