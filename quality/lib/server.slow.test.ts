/** Starting server processes. Tests that do not need the real server use a small program instead. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { endsWithTest } from "../../packages/convex-embedded/fixtures/child";
import { SERVER_COMMAND, type ServerOptions } from "./server";
import { launchServer, startServer, temporaryDirectory } from "./testServer";
import { residentBytes } from "./usage";

/** Returns a command that prints what a server prints at its start, and then runs `more`. */
function program(more = ""): Pick<ServerOptions, "command"> {
  const file = join(temporaryDirectory(), "program.mjs");
  const start = `console.log("api    http://127.0.0.1:1\\nkey    k\\nready  in 1 ms"); setInterval(() => {}, 1000);`;
  writeFileSync(file, `${start}\n${more}`);
  return { command: [process.execPath, file] };
}

test("a server answers at its address, keeps its data over a restart, and stops with status 0", async () => {
  const data = join(temporaryDirectory(), "data");
  // The shell replaces itself, so the process id is the server's.
  const command = ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh", ...SERVER_COMMAND];
  const first = await startServer({ data, command });
  const { key } = first;
  const headers = { "X-API-Key": key, "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify({ name: "bolt", scopes: ["keys:read"] }) };
  expect((await fetch(`${first.url}/api/keys`, init)).status).toBe(201);
  expect((await fetch(`${first.apiUrl}/version`)).status).toBe(200);
  expect(first.readyMs).toBeGreaterThan(0);
  expect(readFileSync(`/proc/${first.pid}/limits`, "utf8")).toMatch(/^Max open files +1024 /m);
  expect(residentBytes(first.pid)).toBeGreaterThan(10_000_000);
  await first.line(/POST \/api\/keys/);
  expect(first.takeLog().filter((line) => line.includes("/api/keys"))).toHaveLength(1);
  expect(first.log).toEqual([]);

  const second = await first.restart();
  expect(first.isRunning()).toBe(false);
  expect(second.printed("key")).toBeUndefined();
  const keys = await fetch(`${second.url}/api/keys`, { headers });
  expect(await keys.json()).toMatchObject([{ name: "bolt" }, {}]);
  expect(await second.stop()).toEqual({ code: 0, signal: null });
});

test("a server that cannot start rejects with its output", async () => {
  const file = join(temporaryDirectory(), "data");
  writeFileSync(file, "");
  await expect(startServer({ data: file })).rejects.toThrow(/has ended without \/\^ready.*\n.*data/);
  expect(await launchServer({ data: file }).readyOrEnded()).toEqual({ code: 1, signal: null });
});

test("a server gets its settings from a file, not from the developer's environment or the test run", async () => {
  const print = `import { readFileSync } from "node:fs";
    const [file] = process.argv.slice(process.argv.indexOf("--env-file") + 1);
    console.log(JSON.stringify([readFileSync(file, "utf8"), process.env.CONVEX_SITE_URL, process.env.OWN]));`;
  const server = await startServer({ ...program(print), settings: { A: "b" }, env: { OWN: "own" } });
  const line = await server.line(/^\[/);
  expect(JSON.parse(line)).toEqual([
    "RATE_LIMIT_KEY_PER_MINUTE=0\nRATE_LIMIT_IP_PER_MINUTE=0\nA=b\n",
    null,
    "own",
  ]);
});

test("only a newline ends a line, and each wait for a line resolves", async () => {
  const text = JSON.stringify("one\rtwo\u2028three\nlast");
  const server = await startServer(program(`setTimeout(() => console.log(${text}), 50);`));
  const [first, last] = await Promise.all([server.line(/^one/), server.line(/^last/)]);
  expect([first, last]).toEqual(["one\rtwo\u2028three", "last"]);
  await server.kill();
  await expect(server.line(/never/)).rejects.toThrow("has ended without /never/");
});

test("with a discarded log, stderr and the first lines are kept", async () => {
  const print = `setInterval(() => console.log("log"), 1); setTimeout(() => console.error("error"), 50);`;
  const errors: string[] = [];
  const server = await startServer({
    ...program(print),
    discardLog: true,
    onStderr: (line) => errors.push(line),
  });
  await server.line(/^error/);
  expect([server.log, errors, server.key]).toEqual([["error"], ["error"], "k"]);
});

test("a kill reaches the children of a wrapper", async () => {
  const { command = [] } = program(`console.log("pid " + process.pid);`);
  const server = await startServer({ command: ["sh", "-c", '"$@"; true', "sh", ...command] });
  const pid = Number((await server.line(/^pid /)).slice(4));
  expect(pid).not.toBe(server.pid);
  await server.kill();
  await expect.poll(() => alive(pid)).toBe(false);
});

test("a server ends when the process that started it is killed", async () => {
  const { command } = program(`console.log("pid " + process.pid);`);
  const directory = temporaryDirectory();
  const outfile = join(directory, "parent.mjs");
  const contents = `import { ServerProcess } from "./server";
    const server = await ServerProcess.start({ command: ${JSON.stringify(command)} });
    console.log(await server.line(/^pid /));`;
  await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    ...{ bundle: true, platform: "node", format: "esm", outfile },
  });
  const parent = endsWithTest(spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] }));
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const pid = Number(line.slice(4));
  onTestFinished(() => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has ended.
    }
  });
  parent.kill("SIGKILL");
  await expect.poll(() => alive(pid)).toBe(false);
});

/** Returns false for a process that has ended, even if its parent has not collected its status yet (a zombie). */
function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
