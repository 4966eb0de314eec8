import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Value } from "convex/values";
import { expect, test } from "vitest";
import { ManualTime } from "../../fixtures/manualTime";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import type { EmbeddedServer } from "./server";

const PROJECT = join(dirname(BASIC), "components");

/** Starts the project and returns functions that call its components through the app. */
async function start(options: Parameters<typeof serve>[0] = {}) {
  const { server, logged } = await serve({ project: PROJECT, ...options });
  const call =
    (fn: string) =>
    (path: string, args: Record<string, Value> = {}) =>
      server.run(fn, { path, args });
  return { server, logged, query: call("app:query"), mutate: call("app:mutate") };
}

const total = (server: EmbeddedServer, component: string) => server.run("lib:total", {}, component);

test("each mount of a component has its own tables", async () => {
  const { server, query, mutate } = await start();
  await server.run("app:insertNote", { text: "the app's" });
  await mutate("counter.lib.add", { amount: 1 });
  await mutate("second.lib.add", { amount: 20 });
  await mutate("journal.lib.write", { text: "abc" });

  expect(await query("counter.lib.total")).toBe(1);
  expect(await query("second.lib.total")).toBe(20);
  expect(await total(server, "journal/counter")).toBe(3);
  expect(await server.run("app:texts", {})).toEqual(["the app's"]);
});

test("each mount of a component is evaluated separately, with the environment from its parent", async () => {
  const { server, query } = await start({ env: { NAME: "from the app", LABEL: "not bound" } });
  const metadata = (componentPath: string) => ({
    componentPath,
    name: "lib:self",
    type: "query",
    visibility: "public",
  });
  const common = { site: server.url, identity: null, evaluations: 1 };
  expect(await query("counter.lib.self")).toEqual({ ...common, label: null, metadata: metadata("counter") });
  expect(await query("second.lib.self")).toEqual({
    ...common,
    label: "from the app",
    metadata: metadata("second"),
  });
  expect(await query("journal.lib.read")).toEqual({
    texts: [],
    total: 0,
    counter: { ...common, label: "within the journal", metadata: metadata("journal/counter") },
  });
});

test("an id of one component is not valid in another", async () => {
  const { server, query, mutate } = await start();
  const own = (await mutate("counter.lib.add", { amount: 1 })) as string;
  const foreign = [
    (await server.run("app:insertNote", { text: "x" })) as string,
    (await mutate("second.lib.add", { amount: 2 })) as string,
  ];
  expect(await query("counter.lib.look", { id: own })).toMatchObject({
    normalized: own,
    found: { amount: 1 },
  });
  expect(await query("counter.lib.take", { id: own })).toMatchObject({ amount: 1 });
  for (const id of foreign) {
    expect(await query("counter.lib.look", { id })).toEqual({ normalized: null, found: null });
    await expect(query("counter.lib.take", { id })).rejects.toThrow("ArgumentValidationError");
  }
});

test("a component's references stay within it, also from modules in folders and from actions", async () => {
  const { server, query, mutate } = await start();
  await mutate("counter.lib.add", { amount: 4 });
  await mutate("second.lib.add", { amount: 5 });
  expect(await query("counter.deep.more.twice")).toBe(8);
  const act = (kind: string, path: string, args = {}) => server.run("app:act", { kind, path, args });
  expect(await act("action", "second.deep.more.viaAction")).toEqual([5, "function"]);
  await act("mutation", "second.lib.add", { amount: 1 });
  expect(await act("query", "second.lib.total")).toBe(6);
});

test("a parent can call only the functions that its components export", async () => {
  const { server, query, mutate } = await start();
  await expect(query("missing.lib.total")).rejects.toThrow(
    'Child component "missing" not found: convex/convex.config.ts does not mount it. It mounts counter, second, ' +
      "journal, rateLimiter.",
  );
  await expect(mutate("counter.lib.secret")).rejects.toThrow("counter does not export lib:secret");
  await expect(query("counter.lib.nothing")).rejects.toThrow("counter does not export lib:nothing");
  await expect(query("counter.lib")).rejects.toThrow("components.counter.lib is not a function");
  // A nested component is reachable only from its own parent.
  await expect(query("journal.counter.lib.total")).rejects.toThrow(
    "journal does not export counter/lib:total",
  );
  expect(await server.run("lib:secret", {}, "counter")).toBe("internal");
  await expect(server.run("lib:total", {}, "gone")).rejects.toThrow("the component gone is not mounted");
});

test("a component's error keeps its data when caught, and rolls back only the component's writes", async () => {
  const { server } = await start();
  const calls = [
    { path: "counter.lib.add", args: { amount: 1 } },
    { path: "counter.lib.addThenFail", args: { amount: 10 } },
    { path: "counter.lib.add", args: { amount: "many" } },
  ];
  const [id, data, problem] = (await server.run("app:each", { calls, fail: false })) as Value[];
  expect([typeof id, data]).toEqual(["string", { kind: "refused", amount: 10, size: 3n }]);
  expect(problem).toMatch(/^ArgumentValidationError: /);
  expect(await total(server, "counter")).toBe(1);
  expect(await server.run("app:texts", {})).toEqual(calls.map(({ path }) => path));
});

test("an error in the app rolls back the writes of its components on every level", async () => {
  const { server, query } = await start();
  const write = { path: "journal.lib.write", args: { text: "lost" } };
  const risky = { path: "journal.lib.risky", args: { text: "lost", fail: false } };
  await expect(server.run("app:each", { calls: [write, risky], fail: true })).rejects.toMatchObject({
    data: "the app failed",
  });
  expect(await query("journal.lib.read")).toMatchObject({ texts: [], total: 0 });
  expect(await server.run("app:texts", {})).toEqual([]);
});

test("a failure two levels down is rolled back at its level, whatever the level above does", async () => {
  const { mutate, query } = await start();
  await mutate("journal.lib.risky", { text: "kept", fail: false });
  const state = { texts: ["kept", "caught refused"], total: 0 };
  expect(await query("journal.lib.read")).toMatchObject(state);
  await expect(mutate("journal.lib.risky", { text: "lost", fail: true })).rejects.toMatchObject({
    data: "the journal failed",
  });
  expect(await query("journal.lib.read")).toMatchObject(state);
});

test("concurrent calls into a component keep their writes separate", async () => {
  const { server } = await start();
  const args = Array.from({ length: 20 }, (_, i) => ({ amount: i % 2 === 0 ? 1 : "not a number" }));
  const settled = (await server.run("app:together", { path: "counter.lib.add", args })) as string[];
  expect(settled.filter((status) => status === "fulfilled")).toHaveLength(10);
  expect(await total(server, "counter")).toBe(10);
});

test("a handle calls a function from any component, in the function's own tables and without an identity", async () => {
  const { server } = await start();
  const handle = (await server.run("app:handleOf", { path: "second.lib.add" })) as string;
  expect(handle).toBe("function://second;lib:add");
  await server.run("app:callHandle", { handle, args: { amount: 7 } });
  expect(await total(server, "second")).toBe(7);

  const returned = await server.run("app:handOver", {
    path: "counter.lib.callBack",
    args: { text: "hello" },
  });
  expect(returned).toEqual(["hello", "", null]);
  expect(await server.run("app:texts", {})).toEqual(["hello"]);
  expect(await total(server, "counter")).toBe(100);
});

test("a handle to a missing function is refused when it is created and when it is called", async () => {
  const { server } = await start();
  await expect(server.run("app:handleOf", { path: "counter.lib.nothing" })).rejects.toThrow(
    "does not export",
  );
  const call = (handle: string) => server.run("app:callHandle", { handle, args: {} });
  await expect(call("function://counter;lib:gone")).rejects.toThrow("Could not find function for 'lib:gone'");
  await expect(call("function://gone;lib:add")).rejects.toThrow("the component gone is not mounted");
  await expect(call("function://nonsense")).rejects.toThrow("Invalid function handle");
});

test("a component schedules its own functions and sees only its own jobs", async () => {
  const time = new ManualTime();
  const { server, query, mutate } = await start({ clock: time.clock, timers: time.timers });
  await mutate("counter.lib.later", { amount: 9 });
  await server.run("app:handOver", { path: "second.lib.later", args: { amount: 1 } });
  await server.idle();
  expect(await total(server, "counter")).toBe(9);
  expect(await server.run("app:texts", {})).toEqual(["after 1"]);
  expect(await query("counter.lib.jobs")).toEqual({ states: [["lib.js:add", "success"]], all: 1 });
  expect(await query("second.lib.jobs")).toEqual({
    states: [["function://;app.js:appendNote", "success"]],
    all: 1,
  });
});

test("a transaction's metrics include the work of its components", async () => {
  const { server } = await start();
  const metrics = (await server.run("app:metrics", {})) as Record<
    string,
    { used: number; remaining: number }
  >;
  expect(metrics).toMatchObject({
    documentsWritten: { used: 2, remaining: 15_998 },
    functionsScheduled: { used: 1, remaining: 999 },
    documentsRead: { used: 1 },
  });
  expect(metrics["bytesWritten"]?.used).toBeGreaterThan(50);
  expect(metrics["bytesRead"]?.used).toBeGreaterThan(20);
});

test("each mount of a component has its own cron jobs", async () => {
  const time = new ManualTime();
  const project = copyOf(PROJECT);
  const crons = `
    import { anyApi, cronJobs } from "convex/server"; const crons = cronJobs();
    crons.interval("add", { minutes: 1 }, anyApi.lib.add, { amount: 1 }); export default crons;`;
  writeFileSync(join(project, "convex/counter/crons.ts"), crons);
  const { server } = await start({ project, clock: time.clock, timers: time.timers });
  await server.idle();
  time.pass(60_000);
  await server.idle();
  for (const component of ["counter", "second", "journal/counter"]) {
    expect(await total(server, component)).toBe(2);
  }
});

test("the data of components survives a restart", async () => {
  const { server, mutate } = await start();
  await mutate("journal.lib.write", { text: "kept" });
  await server.close();
  const again = await start({ data: server.dataDirectory });
  expect(await again.query("journal.lib.read")).toMatchObject({ texts: ["kept"], total: 4 });
  await again.mutate("journal.lib.write", { text: "more" });
  expect(await again.query("journal.lib.read")).toMatchObject({ texts: ["kept", "more"] });
});

test("a reload serves new code of a component and keeps its data", async () => {
  const project = copyOf(PROJECT);
  const { server, query, mutate } = await start({ project });
  await mutate("counter.lib.add", { amount: 3 });
  edit(project, "counter/lib.ts", "sum + amount", "sum + 10 * amount");
  await server.reload();
  expect(await query("counter.lib.total")).toBe(30);

  edit(project, "counter/lib.ts", "export const total", "export const = total");
  await expect(server.reload()).rejects.toThrow("convex/counter/lib.ts:");
  edit(project, "counter/schema.ts", "amount: v.number()", "amount: v.string()");
  edit(project, "counter/lib.ts", "export const = total", "export const total");
  await expect(server.reload()).rejects.toThrow(
    'table "notes" of component "counter" does not match the schema',
  );
  expect(await query("counter.lib.total")).toBe(30);
});

test("the data of an unmounted component is kept and reported", async () => {
  const project = copyOf(PROJECT);
  const { server, logged, query, mutate } = await start({ project });
  await mutate("counter.lib.add", { amount: 3 });
  edit(project, "convex.config.ts", "app.use(counter);", "");
  await server.reload();
  expect(logged.map(({ message }) => message)).toContain(
    "the component counter is not mounted; its data is kept",
  );
  await expect(query("counter.lib.total")).rejects.toThrow('Child component "counter" not found');
  edit(project, "convex.config.ts", "app.use(journal);", "app.use(journal); app.use(counter);");
  await server.reload();
  expect(await query("counter.lib.total")).toBe(3);
});

test("a component may be written in JavaScript and have no schema", async () => {
  const project = projectOf({
    "convex.config.js": `
      import { defineApp } from "convex/server"; import plain from "./plain/convex.config.js";
      const app = defineApp(); app.use(plain, { name: "renamed" }); export default app;`,
    "plain/convex.config.js": `
      import { defineComponent } from "convex/server"; export default defineComponent("plain");`,
    "plain/lib.js": `
      import { queryGeneric } from "convex/server"; export const hi = queryGeneric(() => "hi");`,
  });
  const { server } = await serve({ project });
  expect(await server.run("lib:hi", {}, "renamed")).toBe("hi");
});

const CHILD = `
  import { defineComponent } from "convex/server"; import { v } from "convex/values";
  export default defineComponent("child", { env: { MODE: v.union(v.literal("a"), v.literal("b")) } });`;
const app = (body: string, env = ""): string => `
  import { defineApp } from "convex/server"; import { v } from "convex/values"; import child from "./child/convex.config";
  const app = defineApp({${env}}); ${body}; export default app;`;

test.each([
  [
    "is not set",
    "app.use(child)",
    "",
    "The component child: the environment variable MODE is required and not set.",
  ],
  [
    "has another form",
    'app.use(child, { env: { MODE: "c" } })',
    "",
    "MODE does not match its declared validator",
  ],
  [
    "nobody declares",
    'app.use(child, { env: { MODE: "a", X: "x" } })',
    "",
    "does not declare the environment variable X",
  ],
  [
    "is bound to one of the app that is not set",
    "app.use(child, { env: { MODE: app.env.M } })",
    "env: { M: v.optional(v.string()) }",
    "It is bound to M of the component's parent.",
  ],
  ["of the app is not set", "", "env: { M: v.string() }", "Set M in .env.local or in the environment."],
])("an environment variable that %s fails the start", async (_what, body, env, message) => {
  const project = projectOf({ "convex.config.ts": app(body, env), "child/convex.config.ts": CHILD });
  await expect(serve({ project })).rejects.toThrow(message);
});

test.each([
  [
    "two components with the same name",
    "app.use(child, e); app.use(child, e)",
    "multiple child components with the same name",
  ],
  [
    "a name that is not an identifier",
    'app.use(child, { ...e, name: "a/b" })',
    "mounts a component as 'a/b'",
  ],
  ["a definition that fails", 'throw new Error("not today")', "not today"],
])("%s are refused with the reason", async (_what, body, message) => {
  const config = app(`const e = { env: { MODE: "a" } }; ${body}`);
  const project = projectOf({ "convex.config.ts": config, "child/convex.config.ts": CHILD });
  await expect(serve({ project })).rejects.toThrow(message);
});

test("a config that exports something else is refused", async () => {
  const project = projectOf({ "convex.config.ts": "export default {};" });
  await expect(serve({ project })).rejects.toThrow(
    "The default export of convex/convex.config is not what defineApp",
  );
});

/** Creates a project with these files in `convex/`. */
function projectOf(files: Record<string, string>): string {
  const project = copyOf(PROJECT);
  rmSync(join(project, "convex"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, "convex", file)), { recursive: true });
    writeFileSync(join(project, "convex", file), text);
  }
  return project;
}

test("a failure in a component is logged with the component's name and the file", async () => {
  const { logged, mutate } = await start();
  await expect(mutate("journal.lib.risky", { text: 1 })).rejects.toThrow("ArgumentValidationError");
  await expect(mutate("second.lib.later", { amount: 1, handle: "function://nonsense" })).rejects.toThrow();
  const line = logged.find(({ path }) => path === "second/lib:later");
  expect(line?.message).toMatch(/^Uncaught Error: Invalid function handle: function:\/\/nonsense\n/);
  expect(line?.message).toMatch(/at .*convex\/counter\/lib\.ts:\d+:\d+/);
});

function edit(project: string, file: string, from: string, to: string): void {
  const path = join(project, "convex", file);
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
}
