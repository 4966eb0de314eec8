import fc from "fast-check";
import { queryNames, type Operation } from "../described";
import { textBreaks, valueBreaks } from "./bodies";
import { FLAWED, IN_A_HEADER, type Plan } from "./plans";

/** Changes a request, often into an invalid request. */
export type Break = (plan: Plan) => Plan;

const header =
  (name: string, value: string): Break =>
  (plan) => ({
    ...plan,
    headers: [...plan.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase()), [name, value]],
  });

const callerBreaks = fc.constantFrom(...FLAWED).map((caller): Break => (plan) => ({ ...plan, caller }));

const methodBreaks = fc
  .constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
  .map((method): Break => (plan) => ({ ...plan, method }));

/** Invalid path segments, and unusual but valid segments. */
const BROKEN = ["%", "%zz", "%E0%A4%A", "%ED%A0%80", "%FF", "%00", "a%00b", "%2F", "%2e%2e", ".."];
const STRANGE = ["%F0%9F%98%80", "__proto__", ":id", "{id}", "*", "a;b=c", "a+b"];
const segment = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }).map(encodeURIComponent),
  fc.constantFrom(...BROKEN, ...STRANGE),
  fc.stringMatching(/^[a-z0-9]{32}$/),
  fc.integer({ min: 1, max: 6000 }).map((length) => "x".repeat(length)),
);
const pathBreaks = fc.oneof(
  segment.map((text): Break => (plan) => ({
    ...plan,
    params: Object.fromEntries(Object.keys(plan.params).map((name) => [name, text])),
  })),
  fc
    .constantFrom("/", "//", "/.", "/..", "/x", "%2F", "%00", "?")
    .map((more): Break => (plan) => ({ ...plan, path: plan.path + more })),
  fc.constant<Break>((plan) => ({ ...plan, path: plan.path.toUpperCase() })),
  fc.constant<Break>((plan) => ({ ...plan, path: `/${plan.path}` })),
);

/** Names that no operation documents. */
const UNKNOWN = ["x", "__proto__", "", "%"];
const VALUES = ["0", "101", "-1", "1e9", "%", "%FF", "+", "a&b", "[]"];
const hostileValue = fc.oneof(
  fc.string({ unit: "binary" }).map(encodeURIComponent),
  fc.constantFrom(...VALUES),
);
const repeated: Break = (plan) => ({ ...plan, query: [...plan.query, ...plan.query] });

/** Changes the value of a documented parameter, adds one, or repeats all. */
const queryBreaksOf = (names: readonly string[]): fc.Arbitrary<Break> =>
  fc.oneof(
    fc.constant(repeated),
    fc
      .tuple(fc.constantFrom(...names, ...UNKNOWN), hostileValue)
      .map(([name, text]): Break => (plan) => ({ ...plan, query: [...plan.query, `${name}=${text}`] })),
    fc.tuple(fc.constantFrom(...names, ...UNKNOWN), hostileValue).map(([name, text]): Break => (plan) => ({
      ...plan,
      query: [...plan.query.filter((pair) => !pair.startsWith(`${name}=`)), `${name}=${text}`],
    })),
  );

const HEADERS = [
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Prefer",
  "X-Request-Id",
  "Origin",
  "Accept",
];
const SIGNED = ["X-GitHub-Event", "svix-id"];
const TAGS = ["*", '"1"', 'W/"1"', '"1", "2"', "null"];
const TEXTS = ["", " ", "same", "https://app.example.com", "text/html", "application/json", "x".repeat(3000)];
const TYPES = [
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "application/jsonp",
  "text/plain",
  "multipart/form-data",
  "multipart/form-data; boundary=b",
  "application/x-www-form-urlencoded",
  "application/json, text/plain",
  ";",
];
const anyHeader = fc.string({ unit: "binary" }).filter((text) => IN_A_HEADER.test(text));
const headerBreaks = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...HEADERS, ...SIGNED, "Content-Type"),
      fc.oneof(anyHeader, fc.constantFrom(...TAGS, ...TEXTS)),
    )
    .map(([name, text]) => header(name, text)),
  fc.constantFrom(...TYPES).map((type) => header("Content-Type", type)),
  fc.constant<Break>((plan) => ({
    ...plan,
    headers: plan.headers.filter(([name]) => name !== "Content-Type"),
  })),
  // A repeated key must not create a resource twice.
  fc.constantFrom("one", "two").map((key) => header("Idempotency-Key", key)),
  fc.constant(header("Prefer", "respond-async")),
  fc.constant(header("Access-Control-Request-Method", "POST")),
);

/** Returns arbitrary changes to requests of an operation, each to one part. */
export const breaksOf = (operation: Operation): fc.Arbitrary<Break> =>
  fc.oneof(callerBreaks, methodBreaks, pathBreaks, queryBreaksOf(queryNames(operation)), headerBreaks, {
    weight: 5,
    arbitrary: fc.oneof(valueBreaks, textBreaks),
  });
