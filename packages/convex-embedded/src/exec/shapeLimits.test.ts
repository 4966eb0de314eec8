import type { Value } from "convex/values";
import { expect, test } from "vitest";
import { RULES, serve } from "../../fixtures/serve";

const long = (length: number): Value => Array<null>(length).fill(null);

function deep(levels: number): Value {
  let value: Value = null;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

test("arguments have at most 8,192 elements, 1,024 fields and 63 levels", async () => {
  const { server } = await serve({ project: RULES });
  const echo = (text: Value) => server.run("limits:echo", { text });
  expect(await echo(long(8192))).toHaveLength(8192);
  expect(await echo(deep(62))).toEqual(deep(62));
  const prefix = "Invalid arguments for limits.js:echo: ";
  await expect(echo(long(8193))).rejects.toThrow(
    `${prefix}Array length is too long (8193 > maximum length 8192)`,
  );
  await expect(echo(deep(63))).rejects.toThrow(
    `${prefix}Value is too nested (nested 65 levels deep > maximum nesting 64)`,
  );
});

test("results have the same limits with one more level", async () => {
  const { server, logged } = await serve({ project: RULES });
  const shaped = (shape: "list" | "fields" | "levels", size: number) =>
    server.run("limits:shaped", { shape, size });
  expect(await shaped("list", 8192)).toHaveLength(8192);
  expect(await shaped("levels", 64)).toEqual(deep(64));
  expect(Object.keys((await shaped("fields", 1024)) as object)).toHaveLength(1024);
  const prefix = "Function limits.js:shaped return value invalid: ";
  await expect(shaped("list", 8193)).rejects.toThrow(`${prefix}Array length is too long`);
  await expect(shaped("fields", 1025)).rejects.toThrow(`${prefix}Object has too many fields (1025`);
  await expect(shaped("levels", 65)).rejects.toThrow(`${prefix}Value is too nested (nested 65`);
  expect(logged.filter(({ level }) => level === "error")).toHaveLength(3);
});

test("a mutation whose result is too long is rolled back", async () => {
  const { server } = await serve({ project: RULES });
  await expect(server.run("limits:insertAndShape", { size: 8193 })).rejects.toThrow("Array length");
  expect(await server.run("limits:collect", { from: 0 })).toBe(0);
});

test("arguments of a scheduled function are checked when it is scheduled", async () => {
  const { server } = await serve({ project: RULES });
  expect(await server.run("limits:scheduleLater", { size: 8192 })).toEqual(expect.any(String));
  await expect(server.run("limits:scheduleLater", { size: 8193 })).rejects.toThrow(
    "Invalid arguments for limits.js:insert: Array length is too long",
  );
});
