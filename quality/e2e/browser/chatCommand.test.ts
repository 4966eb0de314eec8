/** The command that starts the chat example, with its functions and its page. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { endsWithTest } from "../../../packages/convex-embedded/fixtures/child";
import { freePort } from "../../lib/freePort";
import { Lines } from "../../lib/lines";
import { startBrowser, visit } from "./chromium";

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

test("one command starts the functions and the page, and the page's server does not serve their data", async () => {
  // Inside of the folder that Vite serves, as by default.
  const data = mkdtempSync("examples/chat/.test-");
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const values = {
    "page-port": await freePort(),
    "api-port": await freePort(),
    port: await freePort(),
    data: resolve(data, ".convex-embedded"),
    "env-file": resolve(data, ".env.local"),
  };
  const options = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const path = `${resolve("node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`;
  const command = endsWithTest(
    spawn(process.execPath, ["--", "examples/chat/start.mjs", ...options], {
      // Vite colours its address where the variable `CI` is set.
      env: { ...process.env, PATH: path, NO_COLOR: "1" },
      // In a process group of its own, so that the end of the test reaches the functions too.
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  onTestFinished(() => {
    try {
      process.kill(-(command.pid ?? 0), "SIGKILL");
    } catch {
      // The group has ended.
    }
  });
  const lines = new Lines();
  lines.read(command.stdout, () => undefined);
  const address = /http:\/\/localhost:\d+\//.exec(await lines.find(/Local/))?.[0] ?? "";
  const { page, complaints } = await visit(browser);
  await page.goto(address);
  await page.getByRole("textbox", { name: "Your name" }).fill("ada");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("list", { name: "Messages" }).getByText("hello").waitFor();
  await page.getByRole("status").getByText("live").waitFor();
  expect(complaints).toEqual([]);
  for (const file of [".convex-embedded/secret", ".convex-embedded/data.sqlite", ".env.local"]) {
    expect(existsSync(join(data, file))).toBe(true);
    expect((await fetch(`${address}${basename(data)}/${file}`)).status).toBe(403);
  }
  const ended = once(command, "exit");
  command.kill("SIGINT");
  expect((await ended)[0]).toBe(0);
  await expect(fetch(`http://127.0.0.1:${values["api-port"]}/version`)).rejects.toThrow();
});
