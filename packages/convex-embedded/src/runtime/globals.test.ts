import { expect, test } from "vitest";
import { globalNames, scriptScope } from "./globals";

const own = Object.fromEntries(globalNames("runtime").map((name) => [name, `own ${name}`]));

test("no name is in the tables twice", () => {
  const names = [...globalNames("node"), ...globalNames("runtime")];
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("a name of Node that is in no table is undefined in the scope, and those of the tables have their values", () => {
  const scope = scriptScope(own);
  for (const name of ["Buffer", "setImmediate", "require"])
    expect([scope.has(name), scope.get(name)]).toEqual([true, undefined]);
  expect(scope.get("Map")).toBe(Map);
  expect(scope.get("Date")).toBe("own Date");
});

test("a scope without one of the runtime's own globals is refused", () => {
  const { fetch: _fetch, ...rest } = own;
  expect(() => scriptScope(rest)).toThrow("The global fetch is not made");
});
