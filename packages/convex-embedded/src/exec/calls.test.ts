import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConvexError } from "convex/values";
import { expect, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";

test("a nested mutation that fails undoes only its own writes, and its error data reaches the caller", async () => {
  const { server } = await serve();
  expect(await server.run("calls:catchNested", {})).toEqual([
    true,
    { kind: "failed", text: "nested", size: 3n },
    ["before", "after"],
  ]);
  expect(await server.run("calls:texts", {})).toEqual(["before", "after"]);
});

test("nested mutations in Promise.all that fail do not affect the other ones or the caller", async () => {
  const { server } = await serve();
  const statuses = (await server.run("calls:together", { count: 6 })) as string[];
  expect(statuses.filter((status) => status === "rejected")).toHaveLength(3);
  const texts = (await server.run("calls:texts", {})) as string[];
  expect(texts.toSorted()).toEqual([
    "nested 0",
    "nested 2",
    "nested 4",
    "own 0",
    "own 1",
    "own 2",
    "own 3",
    "own 4",
    "own 5",
  ]);
});

test("a call that a mutation does not await runs within its transaction", async () => {
  const { server } = await serve();
  await server.run("calls:forgetful", {});
  expect(((await server.run("calls:texts", {})) as string[]).toSorted()).toEqual(["forgotten", "kept"]);
});

test("a mutation that throws writes nothing", async () => {
  const { server, logged } = await serve();
  await expect(server.run("calls:failAfterWrite", { text: "lost" })).rejects.toThrow(/^plain failure$/);
  expect(await server.run("calls:texts", {})).toEqual([]);
  expect(logged).toEqual([expect.objectContaining({ level: "error", path: "calls:failAfterWrite" })]);
  expect(logged[0]?.message).toMatch(
    /^Uncaught Error: plain failure\n\s+at handler \(convex\/calls\.ts:\d+:\d+\)/,
  );
});

test("a result that breaks its validator rolls back", async () => {
  const { server } = await serve();
  await expect(server.run("calls:badReturn", { text: "bad" })).rejects.toThrow(
    "ReturnsValidationError: Value does not match validator.",
  );
  expect(await server.run("calls:badReturnNested", {})).toContain("ReturnsValidationError: ");
  expect(await server.run("calls:texts", {})).toEqual([]);
});

test("an action receives the data of ConvexErrors and the message of other errors", async () => {
  const { server } = await serve();
  expect(await server.run("calls:errorsInAction", {})).toEqual([
    { code: 7, big: 9n },
    { kind: "failed", text: "action", size: 3n },
    "plain failure",
    "Trying to execute calls:insertNote as Query, but it is defined as Mutation.",
    expect.stringContaining("Could not find function for 'nowhere:nothing'"),
    expect.stringContaining("ArgumentValidationError: "),
  ]);
  expect(await server.run("calls:texts", {})).toEqual([]);
});

test("a path that cannot name a function is refused with Convex's message, which names the operation", async () => {
  const { server } = await serve();
  const extension = "Module path (calls.lib) has an extension that isn't 'js'.";
  const identifier = "Identifier cannot be empty";
  expect(await server.run("calls:wrongPaths", {})).toEqual([
    `Invalid arguments for \`runQuery\`: ${extension}`,
    `Invalid arguments for \`runMutation\`: ${extension}`,
    `Invalid arguments for \`runAction\`: ${identifier}`,
    `Invalid arguments for \`scheduler\`: ${extension}`,
    `Invalid arguments for \`createFunctionHandle\`: ${identifier}`,
    `Invalid arguments for \`runUdf\`: ${extension}`,
  ]);
});

test("the operator receives a ConvexError with its data", async () => {
  const { server } = await serve();
  const failure = await server.run("calls:throwData", {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConvexError);
  expect((failure as ConvexError<never>).data).toEqual({ code: 7, big: 9n });
});

test("functions are found by nested paths and as default exports, and other exports are not functions", async () => {
  const { server } = await serve();
  expect(await server.run("nested/deep:hello", {})).toBe("nested");
  expect(await server.run("nested/deep", {})).toBe("default");
  expect(await server.run("nested/deep.js:default", {})).toBe("default");
  for (const name of [
    "nested/deep:nothing",
    "functions.lib:query",
    "schema:default",
    "http:default",
    "items:toString",
  ]) {
    await expect(server.run(name, {})).rejects.toThrow(`Could not find function for '${name}'`);
  }
});

test("calls end at a depth of eight", async () => {
  const project = copyOf(BASIC);
  writeFileSync(
    join(project, "convex", "deep.ts"),
    `import { anyApi, internalMutationGeneric, internalQueryGeneric } from "convex/server";
     export const query = internalQueryGeneric((ctx, { more }) =>
       more === 0 ? "end" : ctx.runQuery(anyApi.deep.query, { more: more - 1 }));
     export const mutation = internalMutationGeneric((ctx, { more }) =>
       more === 0 ? "end" : ctx.runMutation(anyApi.deep.mutation, { more: more - 1 }));`,
  );
  const { server } = await serve({ project });
  for (const name of ["deep:query", "deep:mutation"]) {
    expect(await server.run(name, { more: 8 })).toBe("end");
    await expect(server.run(name, { more: 9 })).rejects.toThrow(
      "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
    );
  }
});
