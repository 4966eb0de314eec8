import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { bundleHttp } from "./bundle";

const dir = resolve(import.meta.dirname, "../../../convex");

test("a request loads few chunks before it runs", async () => {
  const { atStart } = await bundleHttp(dir, join(dir, "http.ts"));
  // `http.js`, the kit with Hono, Convex, and two libraries that functions import too. If this fails, see `everyRequest.kit.ts`:
  // probably a module that is loaded on demand does not import it.
  expect(atStart).toHaveLength(5);
});
