import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../fixtures/serve";
import type { Lookup } from "../web/guardedFetch";

/** Starts a server on this machine. @returns its port, and the number of its connections. */
async function receiver() {
  let connections = 0;
  const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  server.on("connection", () => connections++);
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/`, connections: () => connections };
}

const guarded = { functions: ["realm:fetchInAction"], allowLoopback: "ALLOW" };
const lookup: Lookup = (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]);
const REPLIED = [200, true, "undefined"];

test("a guarded action reaches no private address, by address or by name", async () => {
  const { port, url, connections } = await receiver();
  const { server } = await serve({ guardedFetch: guarded, hooks: { lookup } });
  for (const target of [url, `http://partner.example.org:${port}/`])
    await expect(server.run("realm:fetchInAction", { url: target })).rejects.toThrow("fetch failed");
  expect(connections()).toBe(0);
});

test("an action that is not named is not guarded, nor does it use the lookup", async () => {
  const { url } = await receiver();
  const another = { ...guarded, functions: ["realm:fetchByAnotherAction"] };
  const { server } = await serve({ guardedFetch: another, hooks: { lookup } });
  expect(await server.run("realm:fetchInAction", { url })).toEqual(REPLIED);
  expect(await server.run("realm:fetchByAnotherAction", { url })).toEqual(REPLIED);
});

test("a guarded action stays guarded when another action calls it", async () => {
  const { url, connections } = await receiver();
  const { server } = await serve({ guardedFetch: guarded });
  await expect(server.run("realm:fetchByAnotherAction", { url })).rejects.toThrow("fetch failed");
  expect(connections()).toBe(0);
});

test("the guard is off by default", async () => {
  const { url } = await receiver();
  const { server } = await serve();
  expect(await server.run("realm:fetchInAction", { url })).toEqual(REPLIED);
});

test.each(["1", "true", "YES"])("the value %s of the variable allows loopback addresses", async (value) => {
  const { port } = await receiver();
  const { server } = await serve({ guardedFetch: guarded, hooks: { lookup }, env: { ALLOW: value } });
  const url = `http://partner.example.org:${port}/`;
  expect(await server.run("realm:fetchInAction", { url })).toEqual(REPLIED);
});

test.each(["0", "no", ""])("the value %j of the variable does not", async (value) => {
  const { url } = await receiver();
  const { server } = await serve({ guardedFetch: guarded, env: { ALLOW: value } });
  await expect(server.run("realm:fetchInAction", { url })).rejects.toThrow("fetch failed");
});

test("a name with .js is the same action", async () => {
  const { url } = await receiver();
  const { server } = await serve({ guardedFetch: { ...guarded, functions: ["realm.js:fetchInAction"] } });
  await expect(server.run("realm:fetchInAction", { url })).rejects.toThrow("fetch failed");
});

test.each(["realm:missing", "missing:run", "realm:fetchInQuery"])(
  "the start fails if %s is to be guarded, which is not an action",
  async (name) => {
    await expect(serve({ guardedFetch: { ...guarded, functions: [name] } })).rejects.toThrow(
      `guardedFetch: ${name} is not an action`,
    );
  },
);
