import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { RULES, serve, temporaryDirectory } from "../../fixtures/serve";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const LIMIT_MS = 500;

interface Ended {
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs lines of functions in a child process. Lines run in order, the functions of a line at the same time. */
function run(data: string, lines: readonly string[], nodeOptions: readonly string[] = []): Promise<Ended> {
  const script = [
    join(root, "scripts/run.mjs"),
    join(root, "packages/convex-embedded/src/watchdog/watchdog.child.ts"),
  ];
  const args = [...script, RULES, data, String(LIMIT_MS)];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...nodeOptions, ...args], { cwd: root }, (error, out, err) =>
      resolve({ signal: error?.signal ?? null, out, err }),
    );
    child.stdin?.end(lines.join("\n"));
  });
}

test.each([
  ["in a mutation", "time:spinForever"],
  ["in a query that has awaited something", "time:spinAfterAwait"],
])(
  "an endless loop %s ends the process without data loss, and the message names the function",
  async (_name, path) => {
    const data = temporaryDirectory();
    const { signal, out, err } = await run(data, ["limits:insert", path, "time:count"]);
    expect(signal).toBe("SIGKILL");
    expect(out).toBe("ready\nnull\n");
    expect(err).toContain(`The function ${path} has blocked the process for 0.5 s, as an endless loop does.`);
    const { server } = await serve({ project: RULES, data });
    expect(await server.run("time:count", {})).toBe(3);
  },
);

test.each([
  ["before functions that wait", "time:spinAfterAwait time:actionForever time:actionForever"],
  ["after functions that wait", "time:actionForever time:spinAfterAwait"],
])(
  "the message names the looping function, not other running functions, if it began %s",
  async (_name, line) => {
    const { signal, err } = await run(temporaryDirectory(), [line]);
    expect(signal).toBe("SIGKILL");
    expect(err).toContain("The function time:spinAfterAwait has blocked the process");
  },
);

test("a loop in code that runs after its function has ended is also named", async () => {
  const { signal, err } = await run(temporaryDirectory(), ["time:spinAfterReturn", "time:longEnough"]);
  expect(signal).toBe("SIGKILL");
  expect(err).toContain("The function time:spinAfterReturn has blocked the process");
});

test("many short functions in one turn of the event loop do not end the process, however long they take together", async () => {
  const many = Array<string>(40).fill("time:spinBriefly");
  const { signal, out, err } = await run(temporaryDirectory(), [many.join(" ")]);
  expect([signal, out, err]).toEqual([null, `ready\n${many.map(() => '"done"').join(" ")}\n`, ""]);
});

test("blocking work of the runtime does not end the process while a function waits", async () => {
  const { signal, out, err } = await run(temporaryDirectory(), ["time:countAfterLong (busy)"]);
  expect([signal, out, err]).toEqual([null, 'ready\n0 "busy"\n', ""]);
});

test("a function that waits does not end the process", async () => {
  const { signal, out, err } = await run(temporaryDirectory(), ["limits:insert", "time:countAfterLong"]);
  expect([signal, out, err]).toEqual([null, "ready\nnull\n3\n", ""]);
});

test("the watchdog does not act while a debugger is attached", async () => {
  const paths = ["time:spinForLong"];
  expect((await run(temporaryDirectory(), paths)).signal).toBe("SIGKILL");
  const { signal, out } = await run(temporaryDirectory(), paths, ["--inspect=127.0.0.1:0"]);
  expect([signal, out]).toEqual([null, 'ready\n"done"\n']);
});
