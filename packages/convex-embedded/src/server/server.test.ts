import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve, temporaryDirectory } from "../../fixtures/serve";
import { accepts, halfPosted } from "../../fixtures/sockets";

const NO_BROKEN = { FIXTURE_BROKEN: "no" };

test("several servers in one process are isolated", async () => {
  const [one, two] = await Promise.all([serve(), serve()]);
  await one.server.run("calls:insertNote", { text: "one" });
  expect(await one.server.run("calls:texts", {})).toEqual(["one"]);
  expect(await two.server.run("calls:texts", {})).toEqual([]);
  expect(await one.server.run("realm:environment", { name: "CONVEX_SITE_URL" })).toBe(one.server.url);
  expect(await two.server.run("realm:environment", { name: "CONVEX_SITE_URL" })).toBe(two.server.url);
});

test("the data survives a restart", async () => {
  const { server } = await serve();
  await server.run("calls:insertNote", { text: "kept" });
  await server.close();
  const again = await serve({ data: server.dataDirectory });
  expect(await again.server.run("calls:texts", {})).toEqual(["kept"]);
});

test("a second server on the same data or the same port is refused with the reason", async () => {
  const { server } = await serve();
  await expect(serve({ data: server.dataDirectory })).rejects.toThrow("in use by another process");
  const port = Number(new URL(server.url).port);
  await expect(serve({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
  const apiPort = Number(new URL(server.apiUrl).port);
  await expect(serve({ apiPort })).rejects.toThrow(
    `Port ${apiPort} on 127.0.0.1 is in use. Stop the program that uses it, or choose another port with --api-port.`,
  );
});

test("a reload serves the new code and keeps the data", async () => {
  const project = copyOf(BASIC);
  const { server } = await serve({ project, env: NO_BROKEN });
  await server.run("calls:insertNote", { text: "kept" });
  edit(project, "nested/deep.ts", '"nested"', '"changed"');
  await server.reload();
  expect(await server.run("nested/deep:hello", {})).toBe("changed");
  expect(await server.run("calls:texts", {})).toEqual(["kept"]);
});

test("a broken file, or a file that throws at import, leaves the last good build in service", async () => {
  const project = copyOf(BASIC);
  const { server } = await serve({ project, env: NO_BROKEN });
  edit(project, "nested/deep.ts", "export const hello", "export const = hello");
  await expect(server.reload()).rejects.toThrow(/convex\/nested\/deep\.ts:3:14: /);
  expect(await server.run("nested/deep:hello", {})).toBe("nested");

  edit(project, "nested/deep.ts", "export const = hello", "throw new Error('early'); export const hello");
  await expect(server.reload()).rejects.toThrow(/^convex\/nested\/deep\.ts:3:7: Error: early$/);
  expect(await server.run("nested/deep:hello", {})).toBe("nested");
});

test("an error at import is reported with its source position", async () => {
  const project = copyOf(BASIC);
  edit(project, "schema.ts", "export default", "Buffer.from('');\nexport default");
  const placed =
    /^convex\/schema\.ts:\d+:8: TypeError: Cannot read properties of undefined \(reading 'from'\)$/;
  await expect(serve({ project })).rejects.toThrow(placed);
  edit(project, "schema.ts", "Buffer.from('');\n", "v.object('of a library');\n");
  await expect(serve({ project })).rejects.toThrow(/^convex\/schema\.ts:\d+:\d+: \w*Error: /);
  edit(project, "schema.ts", "v.object('of a library');\n", "throw 'words';\n");
  await expect(serve({ project })).rejects.toThrow(/^words$/);
  edit(project, "schema.ts", "throw 'words';\n", "");
  writeFileSync(join(project, "convex/convex.config.ts"), "throw new RangeError('no app');");
  await expect(serve({ project })).rejects.toThrow(/^convex\/convex\.config\.ts:1:7: RangeError: no app$/);
});

test("a reload is refused if documents do not match the schema; a matching schema is applied", async () => {
  const project = copyOf(BASIC);
  const { server } = await serve({ project, env: NO_BROKEN });
  await server.run("calls:insertNote", { text: "short" });

  edit(project, "schema.ts", "text: v.string()", "text: v.number()");
  await expect(server.reload()).rejects.toThrow("notes");
  expect(await server.run("calls:texts", {})).toEqual(["short"]);

  edit(project, "schema.ts", "text: v.number()", "text: v.string(), more: v.optional(v.string())");
  await server.reload();
  expect(await server.run("calls:texts", {})).toEqual(["short"]);
});

test("a start that fails leaves port and data free", async () => {
  const project = copyOf(BASIC);
  const data = temporaryDirectory();
  rmSync(join(project, "convex/http.ts"));
  edit(project, "schema.ts", "defineSchema({", "defineSchema(({");
  await expect(serve({ project, data })).rejects.toThrow("convex/schema.ts:");
  edit(project, "schema.ts", "defineSchema(({", "defineSchema({");
  const { server } = await serve({ project, data });
  const response = await fetch(`${server.url}/anything`);
  expect([response.status, await response.text()]).toEqual([404, "No matching routes found"]);
});

test("closing finishes the request in progress with its write, and accepts no new requests", async () => {
  const { server } = await serve();
  const body = JSON.stringify({ owner: "ada", name: "last" });
  const posted = await halfPosted(server.url, "/items", body);
  const closed = server.close(60_000);
  await expect.poll(() => accepts(server.url)).toBe(false);
  expect(await posted.finish()).toContain("HTTP/1.1 201 Created");
  await closed;

  const again = await serve({ data: server.dataDirectory });
  expect(await again.server.run("items:names", { owner: "ada" })).toEqual(["last"]);
});

test("closing aborts work that does not end in time", async () => {
  const { server } = await serve();
  const open = await fetch(`${server.url}/stream`);
  await server.close(1);
  await expect(open.text()).rejects.toThrow();
});

function edit(project: string, file: string, from: string, to: string): void {
  const path = join(project, "convex", file);
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
}
