/** On Convex each request evaluates every module anew. So nothing may rely on what a module remembers. */
import { expect, test } from "vitest";
import { as, reloadModules, onlyOn, useEngine, type Call } from "./testing/engine.testing";
import { json, nextOf, page, problem } from "./testing/replies.testing";

useEngine();

/** A walk through a list, conditional requests and refusals, with something done before each request. */
async function story(call: Call, before: () => Promise<void>): Promise<unknown[]> {
  const told: unknown[] = [];
  const ask = async (...request: Parameters<Call>) => {
    await before();
    const response = await call(...request);
    told.push([response.status, response.headers.get("etag"), response.headers.get("cache-control")]);
    return response;
  };

  let location = "";
  for (const name of ["a", "b", "c"]) {
    const created = await ask("POST", "/api/items", { name });
    location = created.headers.get("location") ?? "";
  }
  for (let path: string | undefined = "/api/items?limit=2"; path !== undefined;) {
    const response: Response = await ask("GET", path);
    path = nextOf(response);
    told.push((await page(response)).map(({ name }) => name));
  }
  const ETag = (await ask("GET", location)).headers.get("etag") ?? "";
  await ask("GET", location, undefined, { "If-None-Match": ETag });
  await ask("PATCH", location, { name: "d" }, { "If-Match": ETag });
  await problem(ask("PATCH", location, { name: "e" }, { "If-Match": ETag }), 412, "precondition_failed");
  told.push((await json(ask("GET", location)))["name"]);
  await problem(ask("PUT", location), 405, "method_not_allowed");
  await problem(ask("GET", "/api/items?limit=0"), 400, "invalid_request");
  return told;
}

test("fresh modules before each request change nothing", async () => {
  const remembering = await story(await as("remembering"), () => Promise.resolve());
  const forgetful = await story(await as("forgetful"), reloadModules);
  expect(forgetful).toEqual(remembering);
});

onlyOn(
  "convex-test",
  "its modules are this process's own, where the test can look",
  "the modules really are fresh",
  async () => {
    const before = await import("../http");
    expect(await import("../http")).toBe(before);
    await reloadModules();
    expect(await import("../http")).not.toBe(before);
  },
);
