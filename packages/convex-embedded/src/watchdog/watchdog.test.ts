import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { RULES, serve, temporaryDirectory } from "../../fixtures/serve";

const root = fileURLToPath(new URL("../..", import.meta.url));
const LIMIT_MS = 500;

interface Ended {
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs functions one after the other in a process of its own. */
function run(data: string, paths: readonly string[], nodeOptions: readonly string[] = []): Promise<Ended> {
  const script = [join(root, "scripts/run.mjs"), join(root, "embedded/services/watchdog.child.ts")];
  const args = [...script, RULES, data, String(LIMIT_MS)];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...nodeOptions, ...args], { cwd: root }, (error, out, err) =>
      resolve({ signal: error?.signal ?? null, out, err }),
    );
    child.stdin?.end(paths.join("\n"));
  });
}

test.each([
  ["in a mutation", "time:spinForever"],
  ["in a query that has awaited something", "time:spinAfterAwait"],
])("an endless loop %s ends the process, which names it, and loses nothing", async (_name, path) => {
  const data = temporaryDirectory();
  const { signal, out, err } = await run(data, ["limits:insert", path, "time:count"]);
  expect(signal).toBe("SIGKILL");
  expect(out).toBe("ready\nnull\n");
  expect(err).toContain(
    `The function ${path} has kept the process from doing anything else for 0.5 s, as an endless loop does.`,
  );
  const { server } = await serve({ project: RULES, data });
  expect(await server.run("time:count", {})).toBe(3);
});

test("a function that waits for something does not", async () => {
  const { signal, out, err } = await run(temporaryDirectory(), ["limits:insert", "time:countAfterLong"]);
  expect([signal, out, err]).toEqual([null, "ready\nnull\n3\n", ""]);
});

test("it does not act while a debugger is attached", async () => {
  const paths = ["time:spinForLong"];
  expect((await run(temporaryDirectory(), paths)).signal).toBe("SIGKILL");
  const { signal, out } = await run(temporaryDirectory(), paths, ["--inspect=127.0.0.1:0"]);
  expect([signal, out]).toEqual([null, 'ready\n"done"\n']);
});
