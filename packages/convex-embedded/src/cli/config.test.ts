import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { CONFIG_FILE, readConfig } from "./config";

/** Writes a configuration to a new project and reads it. */
function read(config: unknown) {
  const project = temporaryDirectory();
  writeFileSync(join(project, "app.js"), "a script");
  const text = typeof config === "string" ? config : JSON.stringify(config);
  writeFileSync(join(project, CONFIG_FILE), text);
  return { project, ...readConfig(project) };
}

const asset = { path: "/app.js", file: "app.js", type: "text/javascript" };

test("a project without the file has an empty configuration", () => {
  expect(readConfig(temporaryDirectory())).toEqual({
    firstStart: null,
    pages: {},
    assets: [],
    guardedFetch: null,
    metricsQuery: null,
  });
});

test("every member is optional", () => {
  expect(read({})).toMatchObject({ firstStart: null, pages: {}, assets: [] });
  expect(read({ firstStart: { run: "keys:make" } }).firstStart).toEqual({
    run: "keys:make",
    args: {},
    print: [],
  });
});

test("the query for the metrics is read", () => {
  expect(read({ metrics: { query: "metrics:read" } }).metricsQuery).toBe("metrics:read");
});

test("guarded functions are read, and the variable that allows loopback addresses is optional", () => {
  const functions = ["webhooks:send"];
  expect(read({ guardedFetch: { functions } }).guardedFetch).toEqual({ functions, allowLoopback: null });
  const guarded = { functions, allowLoopback: "ALLOW_LOOPBACK" };
  expect(read({ guardedFetch: guarded }).guardedFetch).toEqual(guarded);
});

test("an asset's entity tag depends on its bytes, and a file that does not exist is skipped", () => {
  const { project, assets } = read({ assets: [asset, { ...asset, file: "gone.js" }] });
  expect(assets).toEqual([
    {
      ...asset,
      file: join(project, "app.js"),
      env: null,
      etag: expect.stringMatching(/^"[0-9a-f]+-[0-9a-f]+"$/) as unknown,
    },
  ]);
});

test.each([
  ["{", /^convex-embedded\.json: .*JSON/],
  [[], /^convex-embedded\.json: must be an object$/],
  [{ pagse: {} }, /^convex-embedded\.json: unknown member "pagse"$/],
  [{ firstStart: {} }, /firstStart\.run: must be a non-empty string/],
  [{ firstStart: { run: "a:b", args: [] } }, /firstStart\.args: must be an object/],
  [{ firstStart: { run: "a:b", print: "key" } }, /firstStart\.print: must be a list/],
  [{ firstStart: { run: "a:b", print: [1] } }, /firstStart\.print\.0: must be a non-empty string/],
  [{ pages: { docs: "docs" } }, /pages\.docs: must begin with "\/"/],
  [{ assets: [{ ...asset, path: "app.js" }] }, /assets\.0\.path: must begin with "\/"/],
  [{ assets: [{ ...asset, mode: 1 }] }, /assets\.0: unknown member "mode"/],
  [{ assets: [{ ...asset, env: "" }] }, /assets\.0\.env: must be a non-empty string/],
  [{ guardedFetch: {} }, /guardedFetch\.functions: must be a list/],
  [{ guardedFetch: { functions: [1] } }, /guardedFetch\.functions\.0: must be a non-empty string/],
  [
    { guardedFetch: { functions: [], allowLoopback: true } },
    /guardedFetch\.allowLoopback: must be a non-empty/,
  ],
  [{ metrics: {} }, /metrics\.query: must be a non-empty string/],
  [{ metrics: { query: "a:b", open: true } }, /metrics: unknown member "open"/],
  [{ guardedFetch: { functions: [], loopback: "X" } }, /guardedFetch: unknown member "loopback"/],
])("%j is refused, and the error names the member", (config, message) => {
  expect(() => read(config)).toThrow(message);
});
