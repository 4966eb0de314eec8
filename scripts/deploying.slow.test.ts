/** Runs the steps of docs/deploying.md with the official CLI against a stub deployment. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test, vi } from "vitest";
import { Child } from "../packages/convex-embedded/fixtures/child";
import { convex, CLI_TIMEOUT_MS } from "../packages/convex-embedded/fixtures/convexCli";
import { contents, copy, root } from "./doctor/checkout/planting.testing";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

/** Copies this checkout, and starts a stub deployment for it. */
async function checkout(): Promise<{ project: string; url: string }> {
  const project = copy();
  const stub = new Child(process.execPath, [join(root, "scripts/codegen/deployment.child.mjs"), project]);
  return { project, url: await stub.line() };
}

/** The CLI looks for newer versions of itself at this address. The tests have no network, so no server listens there. */
const OFFLINE = { CONVEX_VERSION_API_ORIGIN: "http://127.0.0.1:9" };

test("the first push to a new project passes the type check and changes nothing under convex/", async () => {
  const { project, url } = await checkout();
  const before = contents(project);
  // As `npx convex dev` does after it has created a project: write the missing files, then push.
  const push = ["codegen", "--init", "--typecheck", "enable", "--url", url, "--admin-key", "stub"];
  const { code, stderr } = await convex(project, OFFLINE, ...push);
  expect({ code, errors: stderr.match(/error TS\d+/g) }).toEqual({ code: 0, errors: null });
  expect(contents(project)).toEqual(before);
});

test("dev and deploy work with a self-hosted deployment, and type-check before they push", async () => {
  const { project, url } = await checkout();
  const settings = `CONVEX_SELF_HOSTED_URL='${url}'\nCONVEX_SELF_HOSTED_ADMIN_KEY='self|stub'\n`;
  writeFileSync(join(project, ".env.local"), settings);
  const before = contents(project);
  const dev = await convex(project, OFFLINE, "dev", "--once");
  expect(dev).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("Convex functions ready!") as string,
  });
  const written = readFileSync(join(project, ".env.local"), "utf8");
  expect(written).toMatch(/^VITE_CONVEX_URL=http.*\n\nVITE_CONVEX_SITE_URL=http.*\n$/m);

  writeFileSync(join(project, "convex/wrong.lib.ts"), "export const wrong: string = 1;\n");
  const refused = await convex(project, OFFLINE, "deploy");
  expect(refused.code).toBe(1);
  expect(stripVTControlCharacters(refused.stderr)).toContain("convex/wrong.lib.ts:1:14 - error TS2322");
  writeFileSync(join(project, "convex/wrong.lib.ts"), "export const wrong: string = '';\n");
  const deployed = await convex(project, OFFLINE, "deploy");
  expect(deployed.code).toBe(0);
  expect(deployed.stderr).toContain(`Deployed Convex functions to ${url}`);
  expect(contents(project).filter((file) => !file.startsWith("wrong.lib.ts\n"))).toEqual(before);
});

test("--prod is refused by a self-hosted deployment, as the guide says", async () => {
  const settings = {
    CONVEX_SELF_HOSTED_URL: "http://127.0.0.1:9",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "self|stub",
  };
  const { code, stderr } = await convex(copy(), { ...OFFLINE, ...settings }, "env", "list", "--prod");
  expect(code).toBe(1);
  expect(stderr).toContain("cannot be used with a self-hosted deployment");
});
