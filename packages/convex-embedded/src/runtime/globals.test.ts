import { expect, test } from "vitest";
import { globalNames, scriptScope } from "./globals";

const own = Object.fromEntries(globalNames("runtime").map((name) => [name, `own ${name}`]));

test("each name is in the tables only once", () => {
  const names = [...globalNames("node"), ...globalNames("runtime")];
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("names of Node outside the tables are undefined in the scope, and names in the tables have their values", () => {
  const scope = scriptScope(own);
  for (const name of ["Buffer", "setImmediate", "require"])
    expect([scope.has(name), scope.get(name)]).toEqual([true, undefined]);
  expect(scope.get("Map")).toBe(Map);
  expect(scope.get("Date")).toBe("own Date");
});

test("a scope without one of the runtime's own globals is refused", () => {
  const { fetch: _fetch, ...rest } = own;
  expect(() => scriptScope(rest)).toThrow("The value of the global fetch is missing");
});
