import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { bundled, Child } from "../../fixtures/child";
import { convex, CLI_TIMEOUT_MS, projectForTools } from "../../fixtures/convexCli";
import { temporaryDirectory } from "../../fixtures/serve";
import { settingLines, shareSettings } from "./toolSettings";

const KEY = `embedded_${"0".repeat(64)}`;
const settings = { url: "http://127.0.0.1:3210", adminKey: KEY };
const LINES = `CONVEX_SELF_HOSTED_URL=http://127.0.0.1:3210\nCONVEX_SELF_HOSTED_ADMIN_KEY=${KEY}\n`;

let project: string;
let file: string;
beforeEach(() => {
  project = temporaryDirectory();
  file = join(project, ".env.local");
});

const share = (host = {}) => shareSettings(settings, { file, project, host });

test("the settings are written to the env file once", () => {
  expect(share()).toBe("written");
  expect(readFileSync(file, "utf8")).toContain(LINES);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(share()).toBe("there");
  expect(settingLines(settings).join("\n")).toBe(LINES.trim());
});

test("a file readable by others becomes readable only by its owner once it holds the admin key", () => {
  writeFileSync(file, "A=1\n");
  chmodSync(file, 0o644);
  expect(share()).toBe("written");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("settings of an earlier embedded server are replaced, and the rest of the file stays", () => {
  const old = `CONVEX_SELF_HOSTED_ADMIN_KEY=embedded_${"1".repeat(64)}`;
  writeFileSync(file, `A=1\nCONVEX_SELF_HOSTED_URL=http://127.0.0.1:4210\n${old}\nB=2\n`);
  expect(share()).toBe("written");
  expect(readFileSync(file, "utf8")).toBe(`A=1\n${LINES}B=2\n`);
});

test("nothing is written if another deployment is configured", () => {
  for (const other of [
    "CONVEX_DEPLOYMENT=dev:happy-animal-123",
    "CONVEX_DEPLOY_KEY=prod:happy-animal-123|key",
    "CONVEX_DEPLOYMENT_TOKEN=prod:happy-animal-123|key",
    "CONVEX_SELF_HOSTED_URL=https://convex.example.com",
    "CONVEX_SELF_HOSTED_ADMIN_KEY=convex-self-hosted|01",
  ]) {
    writeFileSync(file, `${other}\n`);
    expect(share()).toBe("elsewhere");
    expect(readFileSync(file, "utf8")).toBe(`${other}\n`);
    rmSync(file);

    writeFileSync(join(project, ".env"), `${other}\n`);
    expect(share()).toBe("elsewhere");
    rmSync(join(project, ".env"));

    const [name = "", value = ""] = other.split("=");
    expect(share({ [name]: value })).toBe("elsewhere");
    expect(existsSync(file)).toBe(false);
  }
});

test("a file that cannot be written does not fail the start", () => {
  file = join(project, "missing", ".env.local");
  expect(share()).toBe("elsewhere");
});

/** A port that is free at the moment. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

/** Starts the command for a project. Resolves with the lines up to `ready`. */
async function start(project: string, ...args: string[]): Promise<{ child: Child; lines: string[] }> {
  const program = await bundled(join(import.meta.dirname, "start.ts"));
  const child = new Child(process.execPath, [program, "--project", project, "--port", "0", ...args]);
  const lines = [await child.line()];
  while (!lines.at(-1)?.startsWith("ready")) lines.push(await child.line());
  return { child, lines };
}

test(
  "after the first start npx convex needs only the settings in .env.local",
  async () => {
    vi.stubEnv("CONVEX_DEPLOYMENT", "");
    const copy = projectForTools();
    const port = await freePort();
    const { child, lines } = await start(copy, "--api-port", port);
    const url = `http://127.0.0.1:${port}`;
    expect(lines).toContain(
      `cli  ${url} for npx convex; its two settings are in ${join(copy, ".env.local")}`,
    );
    expect(lines.join()).not.toContain("embedded_");
    const { code, stdout } = await convex(
      copy,
      {},
      "run",
      "messages:setting",
      '{"name": "CONVEX_SELF_HOSTED_URL"}',
    );
    expect([code, stdout]).toEqual([0, ""]);
    const written = readFileSync(join(copy, ".env.local"), "utf8");
    await child.kill();

    // The key stays, a new port is written, and an unchanged file prints no line.
    const other = await freePort();
    const second = await start(copy, "--api-port", other);
    expect(second.lines.filter((line) => line.startsWith("cli"))).toHaveLength(1);
    expect(readFileSync(join(copy, ".env.local"), "utf8")).toBe(
      written.replace(url, `http://127.0.0.1:${other}`),
    );
    await second.child.kill();
    const third = await start(copy, "--api-port", other);
    expect(third.lines.filter((line) => line.startsWith("cli"))).toEqual([]);
  },
  CLI_TIMEOUT_MS,
);

test(
  "if the tools would not use the env file, the first start prints the settings",
  async () => {
    const copy = projectForTools();
    const file = join(copy, "settings.env");
    writeFileSync(file, "CONVEX_DEPLOYMENT=dev:happy-animal-123\n");
    const args = ["--env-file", file, "--api-port", await freePort()];
    const first = await start(copy, ...args);
    const printed = first.lines.filter((line) => line.startsWith("CONVEX_SELF_HOSTED_"));
    expect(printed).toHaveLength(2);
    const printedSettings = Object.fromEntries(printed.map((line) => line.split("="))) as Record<
      string,
      string
    >;
    const { code } = await convex(copy, printedSettings, "run", "messages:list", '{"author": "ada"}');
    expect(code).toBe(0);
    await first.child.kill();
    const second = await start(copy, ...args);
    expect(second.lines.join()).not.toContain("CONVEX_SELF_HOSTED_");
    expect(readFileSync(file, "utf8")).toBe("CONVEX_DEPLOYMENT=dev:happy-animal-123\n");
    expect(existsSync(join(copy, ".env.local"))).toBe(false);
  },
  CLI_TIMEOUT_MS,
);

test("a random port is not written to the env file", async () => {
  const copy = projectForTools();
  const { lines } = await start(copy);
  expect(lines.filter((line) => line.startsWith("CONVEX_SELF_HOSTED_"))).toHaveLength(2);
  expect(existsSync(join(copy, ".env.local"))).toBe(false);
});
