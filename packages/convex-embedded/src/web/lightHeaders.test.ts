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

/** What a call returns or throws. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

test("they are as Node's own, whatever is done with them", () => {
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
      // Others take them, and they take others. Either trims each value again.
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
  ["values that are no texts", { a: 1, b: null } as unknown as HeadersInit],
  ["nothing", undefined],
])("they are made of %s as Node's own are", (_, init) => {
  expect([...new LightHeaders(init)]).toEqual([...new Headers(init)]);
});

test.each([
  ["null", null],
  ["a list of no pairs", [["a"]]],
  ["a bad name", { "a b": "1" }],
  ["a bad value", { a: "x\ny" }],
])("%s is refused in Node's words", (_, init) => {
  const made = (Class: typeof Headers) => () => new Class(init as never);
  const message = (() => {
    try {
      return made(Headers)();
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(made(LightHeaders)).toThrow(new TypeError(message as string));
});

test("they are headers to instanceof and to who prints them", () => {
  const headers = new LightHeaders({ b: "2" });
  expect(headers).toBeInstanceOf(Headers);
  expect(new Headers()).toBeInstanceOf(LightHeaders);
  expect(LightHeaders.name).toBe("Headers");
  expect(inspect(headers)).toBe("Headers { b: '2' }");
  const seen: unknown[] = [];
  headers.forEach((...args) => seen.push(args));
  expect(seen).toEqual([["2", "b", headers]]);
});

test("a copy of headers is their own", () => {
  const cookies = new LightHeaders([["set-cookie", "a"]]);
  const copy = new LightHeaders(cookies);
  copy.append("set-cookie", "b");
  expect(cookies.getSetCookie()).toEqual(["a"]);
  expect(copy.getSetCookie()).toEqual(["a", "b"]);
});
