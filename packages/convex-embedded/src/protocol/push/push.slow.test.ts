import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, serveForTools } from "../../../fixtures/convexCli";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

const PUSH = ["--typecheck", "disable", "--codegen", "disable"];

test("npx convex dev --once pushes functions", async () => {
  const { server, project, run } = await serveForTools();
  const file = join(project, "convex/messages.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace("out of order", "still out of order"));
  const pushed = await run("dev", "--once", ...PUSH);
  console.log(pushed);
  await expect(server.run("messages:crash", {})).rejects.toThrow("still out of order");
  const crashed = await run("run", "messages:crash");
  console.log(crashed);
});
