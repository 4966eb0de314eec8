import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";

test("names that only Node has are undefined, even through globalThis", async () => {
  const { server } = await serve();
  expect(await server.run("realm:nodeGlobals", {})).toEqual({
    Buffer: "undefined",
    setImmediate: "undefined",
    global: "undefined",
    queueMicrotask: "undefined",
    exit: "undefined",
    process: "env",
    throughGlobalThis: "undefined",
    throughSelf: "undefined",
    bytes: "undefinedundefined",
  });
});

test("code cannot be generated from strings", async () => {
  const { server } = await serve();
  expect(await server.run("realm:codeFromStrings", {})).toBe("EvalError");
});

test("Convex's web globals exist and work together", async () => {
  const { server } = await serve();
  expect(await server.run("realm:webGlobals", {})).toEqual([
    "http://x/a?b=c",
    "é",
    "x",
    "b",
    4,
    true,
    true,
    1,
    "1970-01-01T00:00:00.000Z",
    1709164800000,
    true,
  ]);
});

test("the decoders, event targets and performance entries of functions are Convex's", async () => {
  const { server } = await serve();
  expect(await server.run("realm:webClasses", {})).toEqual({
    missing: [],
    extra: [],
    label: "The encoding label provided ('x') is invalid.",
    listener: "from a listener",
    streamed: "a€",
    entries: ["start", "length"],
    otherEntries: [],
    duration: 5,
  });
});

test("a method that Convex does not have fails the function, even if it catches the error", async () => {
  const { server } = await serve();
  await expect(server.run("realm:wrapKey", {})).rejects.toThrow("Not implemented: wrapKey for SubtleCrypto.");
});

test("functions see the environment without the variables that configure Convex's tools", async () => {
  const env = { FOO: "bar", CONVEX_SELF_HOSTED_ADMIN_KEY: "secret", CONVEX_DEPLOYMENT: "dev:x" };
  const { server } = await serve({ env });
  const read = (name: string) => server.run("realm:environment", { name });
  expect(await read("FOO")).toBe("bar");
  expect(await read("NODE_ENV")).toBeNull();
  expect(await read("CONVEX_SELF_HOSTED_ADMIN_KEY")).toBeNull();
  expect(await read("CONVEX_DEPLOYMENT")).toBeNull();
  expect(await read("CONVEX_SITE_URL")).toBe(server.url);
  expect(await read("PATH")).toBeNull();
});

test("the time stands still in queries and passes in actions", async () => {
  let now = 1_000;
  const { server } = await serve({ clock: () => now++ });
  const [first, date, later] = (await server.run("realm:time", {})) as [number, number, number];
  expect([date, later]).toEqual([first, first]);
  expect(await server.run("realm:timeInAction", {})).toBeGreaterThan(0);
});

test("timers and fetch are refused in queries and mutations", async () => {
  const { server } = await serve();
  await expect(server.run("realm:timerInMutation", {})).rejects.toThrow(
    "Can't use setTimeout in queries and mutations. Please consider using an action. See " +
      "https://docs.convex.dev/functions/actions for more details.",
  );
  await expect(server.run("realm:fetchInQuery", {})).rejects.toThrow(
    "Can't use fetch() in queries and mutations.",
  );
});

test("an error in a timer's callback is logged and does not end the process", async () => {
  const { server, logged } = await serve();
  expect(await server.run("realm:throwingTimer", {})).toBe("alive");
  expect(logged).toEqual([
    { level: "error", path: "realm:throwingTimer", message: expect.any(String) as string },
  ]);
  expect(logged[0]?.message).toMatch(/^Uncaught Error: thrown by a timer\n\s+at .*convex\/realm\.ts:/);
});

test("an action's timers end with the action", async () => {
  const { server, logged } = await serve();
  await server.run("realm:leaveBehind", {});
  expect(await server.run("realm:throwingTimer", {})).toBe("alive");
  expect(logged.filter(({ path }) => path === "realm:leaveBehind")).toEqual([]);
});

test("actions may fetch", async () => {
  const { server } = await serve();
  expect(await server.run("realm:fetchInAction", { url: `${server.url}/echo/x` })).toEqual([
    200,
    true,
    "undefined",
  ]);
});

test("a console line names the function that wrote it", async () => {
  const { server, logged } = await serve();
  await server.run("realm:log", {});
  expect(logged).toEqual([{ level: "warn", path: "realm:log", message: "careful { a: [ 1 ] }" }]);
});

test("module state survives from one execution to the next, unlike on Convex", async () => {
  const { server } = await serve();
  expect([await server.run("realm:counter", {}), await server.run("realm:counter", {})]).toEqual([1, 2]);
});

test("a module that throws at import fails each call of its functions, and no other functions", async () => {
  const { server } = await serve();
  for (const _ of [1, 2]) await expect(server.run("broken:never", {})).rejects.toThrow("thrown at import");
  expect(await server.run("nested/deep:hello", {})).toBe("nested");
});

test("a function can read its own name, and its caller has no identity", async () => {
  const { server } = await serve();
  expect(await server.run("realm:whoami", {})).toEqual([null, "realm:whoami"]);
});
