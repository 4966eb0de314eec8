import { once } from "node:events";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { convex, CLI_TIMEOUT_MS, serveForTools, startConvex } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

const ADA = JSON.stringify({ author: "ada", count: 3 });

test("npx convex run calls public and internal queries, mutations and actions, and shows their logs", async () => {
  const { server, run } = await serveForTools();
  const seeded = await run("run", "messages:seed", ADA);
  expect(seeded).toEqual({ code: 0, stdout: "", stderr: "" });
  const [listed, relayed] = await Promise.all([
    run("run", "messages:list", '{"author": "ada"}'),
    run("run", "convex/messages.ts:relay", '{"author": "bob", "text": "hi"}'),
  ]);
  expect(JSON.parse(listed.stdout)).toEqual(["message 1", "message 2", "message 3"]);
  expect(relayed.code).toBe(0);
  expect(relayed.stderr).toContain("[LOG] relaying hi");
  expect(await server.run("messages:list", { author: "bob" })).toEqual(["hi"]);
});

test("npx convex run --identity acts as a user", async () => {
  const { run } = await serveForTools();
  const { stdout } = await run("run", "messages:whoami", "--identity", '{"name": "Ada", "subject": "1"}');
  expect(JSON.parse(stdout)).toMatchObject({
    name: "Ada",
    tokenIdentifier: "https://convex.test|1",
    issuer: "https://convex.test",
  });
});

test("npx convex run reports errors with Convex's messages", async () => {
  const { server, project, run } = await serveForTools();
  const wrongKey = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: "wrong|key" };
  const outcomes = await Promise.all([
    run("run", "messages:nothing"),
    run("run", "messages:seed", '{"author": "ada"}'),
    run("run", "messages:refuse", '{"author": "ada", "text": "x"}'),
    run("run", "messages:crash"),
    convex(project, wrongKey, "run", "messages:list", '{"author": "ada"}'),
  ]);
  expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
  const [missing, mistaken, refused, crashed, unknown] = outcomes.map(({ stderr }) => stderr);
  expect(missing).toContain(
    "Could not find function for 'messages:nothing'. Did you forget to run `npx convex dev` or `npx convex deploy`?",
  );
  expect(missing).toMatch(/Available functions:\n(?:• .*\n)*• messages:list\n(?:• .*\n)*• messages:seed\n/);
  expect(mistaken).toContain("ArgumentValidationError: Object is missing the required field `count`.");
  expect(refused).toContain('Uncaught ConvexError: {"kind":"refused","size":"3n"}');
  expect(crashed).toMatch(
    /Server Error\nUncaught Error: out of order\n {4}at handler \(convex\/messages\.ts:\d+/,
  );
  expect(unknown).toContain('"code":"BadDeployKey"');
  expect(unknown).toContain("The provided deploy key was invalid for this deployment.");
  expect(await server.run("messages:list", { author: "ada" })).toEqual([]);
});

test("npx convex network-test passes with bodies of any size", async () => {
  const { run } = await serveForTools();
  const { code, stderr } = await run("network-test", "--speed-test");
  expect(stderr).toContain("Network test passed.");
  expect(code).toBe(0);
});

test("npx convex data lists tables and documents, in both orders and all formats", async () => {
  const { server, run } = await serveForTools();
  await server.run("messages:seed", { author: "ada", count: 3 });
  const [tables, newest, oldest, none, files] = await Promise.all([
    run("data"),
    run("data", "messages", "--limit", "2"),
    run("data", "messages", "--order", "asc", "--format", "jsonLines"),
    run("data", "empty"),
    run("data", "_storage"),
  ]);
  expect(tables.stdout).toBe("empty\nmessages\n");
  const columns = newest.stdout.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  expect(columns.slice(0, 1)).toEqual([["_id", "_creationTime", "author", "text"]]);
  expect(columns.slice(2, 4).map(([, , ...cells]) => cells)).toEqual([
    ['"ada"', '"message 3"'],
    ['"ada"', '"message 2"'],
  ]);
  expect(newest.stderr).toContain("Showing the 2 most recently created documents");
  expect(
    oldest.stdout
      .trim()
      .split("\n")
      .map((row) => /"text": "(.*?)"/.exec(row)?.[1]),
  ).toEqual(["message 1", "message 2", "message 3"]);
  expect(none.stderr + files.stderr).toBe("There are no documents in this table.\n".repeat(2));
});

test("npx convex data reads a table of several pages", async () => {
  const { server, run } = await serveForTools();
  const count = 16_500;
  for (let i = 0; i < count; i += 5_500) await server.run("messages:seed", { author: "ada", count: 5_500 });
  const { stdout } = await run("data", "messages", "--limit", String(count), "--format", "jsonl");
  const ids = stdout
    .trim()
    .split("\n")
    .map((row) => /"_id": "(.*?)"/.exec(row)?.[1]);
  expect(new Set(ids).size).toBe(count);
});

test("--component selects a component; an unknown one is refused with the list of components", async () => {
  const { run, project } = await serveForTools();
  const { server } = await serve({ project: join(import.meta.dirname, "../../fixtures/components") });
  const settings = {
    CONVEX_SELF_HOSTED_URL: server.apiUrl,
    CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey,
  };
  const inComponents = (...args: string[]) => convex(project, settings, ...args);
  await server.run("lib:add", { amount: 2 }, "second");
  const [tables, notes, total, missing, none] = await Promise.all([
    inComponents("data", "--component", "second"),
    inComponents("data", "notes", "--component", "second"),
    inComponents("run", "lib:total", "--component", "second"),
    inComponents("data", "--component", "nowhere"),
    run("data", "--component", "nowhere"),
  ]);
  expect(tables.stdout).toBe("calls\nnotes\n");
  expect(notes.stdout.trim().split("\n")).toHaveLength(3);
  expect(total.stdout).toBe("2\n");
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/Component "nowhere" not found\. Mounted components: .*\bsecond\b/);
  expect(none.stderr).toContain('Component "nowhere" not found. No component is mounted.');
});

test("npx convex run --watch prints the result again after each change", async () => {
  const { server, project } = await serveForTools();
  const settings = {
    CONVEX_SELF_HOSTED_URL: server.apiUrl,
    CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey,
  };
  const watching = startConvex(project, settings, "run", "messages:list", '{"author":"ada"}', "--watch");
  let printed = "";
  watching.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const shows = async (text: string): Promise<void> => {
    while (!printed.includes(text)) await once(watching.stdout, "data");
  };
  await shows("[]");
  await server.run("messages:send", { author: "ada", text: "one" });
  await shows('"one"');
  await server.run("messages:send", { author: "ada", text: "two" });
  await shows('"two"');
});
