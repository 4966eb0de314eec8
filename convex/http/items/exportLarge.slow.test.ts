/** An export that is larger than one reply on Convex may be. */
import { expect, test } from "vitest";
import { as, useEngine } from "../testing/engine.testing";
import type { Json } from "../testing/replies.testing";

useEngine();

const PATH = "/api/items/export";
const MIB = 1024 * 1024;
/** Each emoji is one character of four bytes. */
const DESCRIPTION = "😀".repeat(4000);

test("more than 20 MiB are continued at `next`: each reply is smaller, and each item is on one line", async () => {
  const call = await as("export-large");
  const created: Json[] = [];
  for (let batch = 0; batch < 23; batch++) {
    const items = Array.from({ length: 60 }, (_, n) => ({
      name: `bolt ${batch}-${n}`,
      description: DESCRIPTION,
    }));
    created.push(...((await (await call("POST", "/api/items/batch", items)).json()) as Json[]));
  }
  const exported: Json[] = [];
  let replies = 0;
  for (let path: string | undefined = PATH; path !== undefined; replies++) {
    const body = await (await call("GET", path)).text();
    expect(Buffer.byteLength(body)).toBeLessThan(20 * MIB);
    const lines = body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
    path = lines.at(-1)?.["next"] as string | undefined;
    if (path !== undefined) expect(path).toMatch(/^\/api\/items\/export\?cursor=[\w-]+$/);
    exported.push(...(path === undefined ? lines : lines.slice(0, -1)));
  }
  expect(replies).toBe(2);
  expect(exported.map(({ id }) => id)).toEqual(created.map(({ id }) => id));
});
