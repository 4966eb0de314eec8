/** Pushes that are too large. */
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { expect, test, vi } from "vitest";
import { Pusher, pushRequest } from "../../../fixtures/pushing";
import { serve } from "../../../fixtures/serve";
import type { EmbeddedServer } from "../../server/server";

// Each push starts the bundler.
vi.setConfig({ testTimeout: 600_000 });

const MIB = 1024 * 1024;

const module = (path: string) => ({ path, source: "export {};", sourceMap: null, environment: "isolate" });
const modules = (count: number, folder = "") =>
  Array.from({ length: count }, (_, i) => module(`${folder}m${i}.js`));

/** Expects that the old functions are served and that a push still works. */
async function stillWorks(server: EmbeddedServer): Promise<void> {
  expect(await server.has("calls:echo")).toBe(true);
  await new Pusher(server).push(await pushRequest({ "after.js": "export {};" }));
  expect(await server.has("calls:echo")).toBe(false);
}

test("a push of too many files or chunks is refused with its count, for the app and for components", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  const request = await pushRequest({});
  const app = request["appDefinition"] as object;
  const refused = async (more: object) => {
    const { status, body } = await pusher.start({ ...request, ...more });
    expect([status, body["code"]]).toEqual([400, "InvalidModules"]);
    return body["message"];
  };
  expect(await refused({ appDefinition: { ...app, changedModules: modules(4_097) } })).toBe(
    'Too many function files (4097 > maximum 4096) in "convex/".',
  );
  expect(await refused({ appDefinition: { ...app, changedModules: modules(4_097, "_deps/") } })).toBe(
    'Too many chunks of dependencies (4097 > maximum 4096) in "convex/".',
  );
  const component = {
    definitionPath: "counter",
    definition: module("convex.config.js"),
    schema: null,
    functions: modules(4_097),
  };
  expect(await refused({ componentDefinitions: [component] })).toBe(
    'Too many function files (4097 > maximum 4096) in "convex/counter".',
  );
  await stillWorks(server);
});

test("a push that is too large before or after decompression is refused, and the old functions stay", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  const compress = promisify(brotliCompress);
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const bomb = await compress(Buffer.alloc(129 * MIB, " "), fast);
  expect(bomb.length).toBeLessThan(MIB);
  const large = Buffer.alloc(33 * MIB, "x");
  for (const body of [bomb, large]) {
    const { status, body: refused } = await pusher.send("start_push", new Uint8Array(body));
    expect([status, refused["code"]]).toEqual([413, "ModulesTooLarge"]);
    expect(refused["message"]).toMatch(
      /^The functions are too large: a push may have at most 32 MiB, and 128 MiB/,
    );
  }
  await stillWorks(server);
});

test("of pushes that are started and abandoned, only the latest can be finished", async () => {
  const { server } = await serve();
  const pusher = new Pusher(server);
  const started = [];
  for (let i = 0; i < 5; i++) {
    started.push((await pusher.start(await pushRequest({ [`m${i}.js`]: "export {};" }))).body);
  }
  const latest = started.pop() ?? {};
  for (const abandoned of started) {
    expect((await pusher.waitForSchema(abandoned)).body).toEqual({ type: "raceDetected" });
    expect((await pusher.finish(abandoned)).body["code"]).toBe("RaceDetected");
  }
  expect((await pusher.waitForSchema(latest)).body).toEqual({ type: "complete" });
  expect((await pusher.finish(latest)).status).toBe(200);
});
