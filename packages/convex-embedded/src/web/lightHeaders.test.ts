import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LightHeaders } from "./lightHeaders";

const name = fc.constantFrom(
  "a",
  "A",
  "set-cookie",
  "Set-Cookie",
  "x-y",
  "content-type",
  "",
  "b c",
  "ü",
  "__proto__",
);
const value = fc.constantFrom("1", " 2 ", "\t3\n", "a, b", "", "é", "日", "x\ny", "\0", " ");
const step = fc.record({ method: fc.constantFrom("append", "set", "delete", "get", "has"), name, value });

/** Returns the result of a call, or the name of its error's class. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

test("any sequence of calls has the same results as on Node's Headers", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const [light, native] = [new LightHeaders(), new Headers()];
      for (const { method, name: header, value: text } of steps) {
        const call = (headers: Headers) =>
          outcome(() => headers[method as "set"].call(headers, header, text));
        expect(call(light)).toEqual(call(native));
      }
      expect([...light]).toEqual([...native]);
      expect([...light.keys()]).toEqual([...native.keys()]);
      expect([...light.values()]).toEqual([...native.values()]);
      expect(light.getSetCookie()).toEqual(native.getSetCookie());
      // Each class accepts an instance of the other as a source. Both trim each value again.
      const pairs = new Headers([...native]);
      expect([...new Headers(light)]).toEqual([...pairs]);
      expect([...new LightHeaders(native)]).toEqual([...pairs]);
      expect([...new LightHeaders(light)]).toEqual([...native]);
    }),
  );
});

test.each([
  ["a record", { A: "1", b: " 2 " }],
  [
    "pairs",
    [
      ["A", "1"],
      ["a", "2"],
    ] as [string, string][],
  ],
  ["a map", new Map([["a", "1"]]) as unknown as HeadersInit],
  ["values that are not strings", { a: 1, b: null } as unknown as HeadersInit],
  ["nothing", undefined],
])("the constructor handles %s like Node's Headers", (_, init) => {
  expect([...new LightHeaders(init)]).toEqual([...new Headers(init)]);
});

test.each([
  ["null", null],
  ["a list with an incomplete pair", [["a"]]],
  ["a bad name", { "a b": "1" }],
  ["a bad value", { a: "x\ny" }],
])("%s is refused with Node's message", (_, init) => {
  const construct = (Class: typeof Headers) => () => new Class(init as never);
  const message = (() => {
    try {
      return construct(Headers)();
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(construct(LightHeaders)).toThrow(new TypeError(message as string));
});

test("instanceof, inspect and forEach treat them like Node's Headers", () => {
  const headers = new LightHeaders({ b: "2" });
  expect(headers).toBeInstanceOf(Headers);
  expect(new Headers()).toBeInstanceOf(LightHeaders);
  expect(LightHeaders.name).toBe("Headers");
  expect(inspect(headers)).toBe("Headers { b: '2' }");
  const seen: unknown[] = [];
  headers.forEach((...args) => seen.push(args));
  expect(seen).toEqual([["2", "b", headers]]);
});

test("names are sorted after other headers were sorted, and a callback may change the headers", () => {
  for (const names of ["b,a", "b,a", "c,b,a", "a,b", "b,a,c", "b,a"].map((list) => list.split(","))) {
    const headers = new LightHeaders();
    for (const name of names) headers.set(name, name);
    const seen: string[] = [];
    headers.forEach((_value, name) => {
      seen.push(name);
      headers.delete(name);
    });
    expect(seen).toEqual([...names].sort());
    expect([...headers]).toEqual([]);
  }
});

test("a copy of headers is independent", () => {
  const cookies = new LightHeaders([["set-cookie", "a"]]);
  const copy = new LightHeaders(cookies);
  copy.append("set-cookie", "b");
  expect(cookies.getSetCookie()).toEqual(["a"]);
  expect(copy.getSetCookie()).toEqual(["a", "b"]);
});
