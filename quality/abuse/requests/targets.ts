/** Hostile targets: paths and queries that a router, a proxy or a decoder may misread. */
import fc from "fast-check";
import type { Mutation } from "./draft";

/** Pieces that a decoder may misread if it decodes twice, not at all, or for another operating system. */
const PIECES = [
  "%00",
  "%0d%0aX-Injected:%201",
  "%0a",
  "%2e%2e%2f",
  "..%2f",
  "%2e%2e/",
  "../",
  "./",
  "//",
  "/",
  "%2f",
  "%5c",
  "%252e%252e%252f",
  "%c0%ae%c0%ae/",
  "%c0%af",
  "%e0%80%af",
  "%u002e",
  "%",
  "%g1",
  "%ff%fe",
  "%ed%a0%80",
  ";a=b",
  "..;/",
  "@evil.test",
  ":80",
  "%1b%5b31m",
  "%e2%80%a8",
  "%7f",
  "*",
  "{id}",
  "__proto__",
  "constructor",
  "<script>",
  "'--",
  "%20",
  "+",
  "~",
];
export const paths: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.constantFrom(...PIECES), fc.nat()).map(([piece, at]): Mutation => (draft) => {
    const place = 1 + (at % Math.max(1, draft.target.length));
    return { ...draft, target: draft.target.slice(0, place) + piece + draft.target.slice(place) };
  }),
  fc.integer({ min: 1, max: 15_000 }).map((length): Mutation => (draft) => ({
    ...draft,
    target: `${draft.target.split("?")[0] ?? ""}/${"a".repeat(length)}`,
  })),
  fc
    .integer({ min: 1, max: 3000 })
    .map((depth): Mutation => (draft) => ({ ...draft, target: "/a".repeat(depth) })),
  fc
    .constantFrom("http://evil.test", "https://evil.test:99999", "HTTP://a@b:1", "http://[::1]", "http://%00")
    .map((origin): Mutation => (draft) => ({ ...draft, target: origin + draft.target })),
);

/** A longer request line may exceed the limit of Node's parser. */
const MAX_TARGET = 14_000;
/** Names that no operation documents. */
const UNKNOWN = ["__proto__", "limit[]", "x"];
/** How often a parameter is sent. One is valid, and many fill the line. */
const times = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1500 }));

/** Adds a parameter with a hostile value, once or many times. @param names the documented parameters of the operation. */
export const queriesOf = (names: readonly string[]): fc.Arbitrary<Mutation> =>
  fc
    .tuple(
      times,
      fc.constantFrom(...names, ...UNKNOWN),
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 8 }).map(encodeURIComponent),
        fc.integer({ min: 1, max: 12_000 }).map((length) => "a".repeat(length)),
        fc.constantFrom("%", "%ff", "1", "", "&", "="),
      ),
    )
    .map(([count, name, text]): Mutation => (draft) => {
      const pair = `${name}=${text}&`;
      const query = pair.repeat(Math.min(count, Math.ceil(MAX_TARGET / pair.length)));
      const target = `${draft.target}${draft.target.includes("?") ? "&" : "?"}${query}`;
      return { ...draft, target: target.slice(0, MAX_TARGET) };
    });
