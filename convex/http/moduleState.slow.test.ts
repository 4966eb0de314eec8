/** Convex evaluates every module again for each request. The API must therefore not rely on state in modules. */
import { expect, test } from "vitest";
import { as, reloadModules, onlyOn, useEngine, type Call } from "./testing/engine.testing";
import { json, nextOf, page, problem } from "./testing/replies.testing";

useEngine();

/** No program listens on this port. */
const ENDPOINT = { url: "http://127.0.0.1:65535/", events: ["file.*"] };

/** Sends requests to lists, conditional requests and invalid requests, and runs `before` before each. Returns the results. */
async function scenario(call: Call, before: () => Promise<void>): Promise<unknown[]> {
  const results: unknown[] = [];
  const ask = async (...request: Parameters<Call>) => {
    await before();
    const response = await call(...request);
    results.push([response.status, response.headers.get("etag"), response.headers.get("cache-control")]);
    return response;
  };

  let location = "";
  for (const description of ["a", "b", "c"]) {
    const created = await ask("POST", "/api/webhook-endpoints", { ...ENDPOINT, description });
    location = created.headers.get("location") ?? "";
  }
  for (let path: string | undefined = "/api/webhook-endpoints?limit=2"; path !== undefined;) {
    const response: Response = await ask("GET", path);
    path = nextOf(response);
    results.push((await page(response)).map(({ description }) => description));
  }
  const ETag = (await ask("GET", location)).headers.get("etag") ?? "";
  await ask("GET", location, undefined, { "If-None-Match": ETag });
  await ask("PATCH", location, { description: "d" }, { "If-Match": ETag });
  const late = ask("PATCH", location, { description: "e" }, { "If-Match": ETag });
  await problem(late, 412, "precondition_failed");
  results.push((await json(ask("GET", location)))["description"]);
  await problem(ask("PUT", location), 405, "method_not_allowed");
  await problem(ask("GET", "/api/webhook-endpoints?limit=0"), 400, "invalid_request");
  return results;
}

test("reloading the modules before each request changes no reply", async () => {
  const kept = await scenario(await as("kept"), () => Promise.resolve());
  const reloaded = await scenario(await as("reloaded"), reloadModules);
  expect(reloaded).toEqual(kept);
});

onlyOn(
  "convex-test",
  "its modules are in the process of the test, which can compare them",
  "reloadModules evaluates the modules again",
  async () => {
    const before = await import("../http");
    expect(await import("../http")).toBe(before);
    await reloadModules();
    expect(await import("../http")).not.toBe(before);
  },
);
