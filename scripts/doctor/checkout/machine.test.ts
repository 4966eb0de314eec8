/** The doctor finds an old Node, wrong packages, and conflicting deployments. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { machine } from "./machine";
import { folder, lines } from "./planting.testing";
import { tools } from "./tools";

describe("the machine", () => {
  const lock = (packages: object) => JSON.stringify({ packages: { "": {}, ...packages } });
  const PROJECT = {
    "package.json": '{ "engines": { "node": ">=20.19" } }',
    "package-lock.json": lock({
      "node_modules/a": { version: "1.0.0" },
      "node_modules/elsewhere": { version: "1.0.0", optional: true },
    }),
    "node_modules/a/package.json": '{ "version": "1.0.0" }',
  };

  test("has no problem with the packages of the lock file, even without those of another platform", async () => {
    expect(lines(await machine(folder(PROJECT), "20.19.0"))).toEqual([
      "ok Node 20.19.0 → ",
      "ok 2 packages match package-lock.json → ",
    ]);
  });

  test.each(["20.18.3", "18.20.0"])("Node %s is too old", async (version) => {
    expect(lines(await machine(folder(PROJECT), version))[0]).toBe(
      `problem Node ${version} is too old: package.json requires >=20.19 → Install Node >=20.19.`,
    );
  });

  test("gets missing packages and packages of another version reported by name", async () => {
    const wanted = { "node_modules/a": { version: "1.0.1" }, "node_modules/b": { version: "2.0.0" } };
    const dev = { "node_modules/c": { version: "3.0.0", dev: true } };
    const project = folder({ ...PROJECT, "package-lock.json": lock({ ...wanted, ...dev }) });
    expect(lines(await machine(project, "22.1.0")).slice(1)).toEqual([
      "problem Packages are missing: b → Run `npm ci`.",
      "problem Packages differ from package-lock.json: a is 1.0.0, not 1.0.1 → Run `npm ci`.",
      "warning Development packages are missing: c → Run `npm ci` to run the tests here.",
    ]);
  });

  test("gets a database that does not load reported in one line", async () => {
    const open = () => Promise.reject(new Error("invalid ELF header\nat dlopen"));
    expect(lines(await machine(folder(PROJECT), "20.19.0", open))).toContain(
      "problem SQLite does not load, so the embedded runtime cannot start: invalid ELF header → Run `npm ci` on this machine. It must run Linux, macOS or Windows on x64 or arm64.",
    );
  });
});

describe("the tools", () => {
  const self = (url: string) => `CONVEX_SELF_HOSTED_URL=${url}\nCONVEX_SELF_HOSTED_ADMIN_KEY=a|b\n`;
  const SELF = self("https://convex.example");

  test("use one deployment or none, and the deploy key is not printed", async () => {
    expect(lines(await tools(folder({ ".env.local": SELF }), {}))).toEqual([
      "ok npx convex uses https://convex.example → ",
    ]);
    expect(lines(await tools(folder(), { CONVEX_DEPLOY_KEY: "prod:otter-1|secret" }))).toEqual([
      "ok npx convex uses prod:otter-1 → ",
    ]);
    expect(lines(await tools(folder(), {}))).toEqual(["ok npx convex is not set up for a deployment → "]);
  });

  test.each(["127.0.0.1", "localhost"])("get a warning if no server runs on %s", async (host) => {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const url = `http://${host}:${(server.address() as AddressInfo).port}`;
    const project = folder({ ".env.local": self(url) });
    expect(lines(await tools(project, {}))).toEqual([`ok npx convex uses ${url} → `]);
    await new Promise((closed) => server.close(closed));
    expect(lines(await tools(project, {}))).toEqual([
      `warning npx convex uses ${url}, but no server is running there → Start the server with \`npm start\`. ` +
        "To use another deployment, delete CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY.",
    ]);
  });

  test("with two deployments or half of one are a problem", async () => {
    const two = await tools(folder({ ".env.local": SELF }), { CONVEX_DEPLOYMENT: "dev:otter-1" });
    expect(lines(two)[0]).toMatch(/^problem CONVEX_DEPLOYMENT and CONVEX_SELF_HOSTED_URL are both set/);
    expect(lines(await tools(folder({ ".env": "CONVEX_SELF_HOSTED_URL=x" }), {}))[0]).toMatch(
      /^problem CONVEX_SELF_HOSTED_URL is set without CONVEX_SELF_HOSTED_ADMIN_KEY/,
    );
  });

  test("with an env file under version control are a problem", async () => {
    const project = folder({ ".env.local": "" });
    execFileSync("git", ["init", "--quiet"], { cwd: project });
    expect(lines(await tools(project, {}))[0]).toMatch(/^ok/);
    execFileSync("git", ["add", "--force", ".env.local"], { cwd: project });
    expect(lines(await tools(project, {}))[0]).toMatch(/^problem \.env\.local is under version control/);
  });
});
