import fc from "fast-check";
import { FLAWED, IN_A_HEADER, type Plan } from "./plans";
import { anyJson } from "./values";

/** Makes another request of one, and often a broken one. */
export type Break = (plan: Plan) => Plan;

const header =
  (name: string, value: string): Break =>
  (plan) => ({
    ...plan,
    headers: [...plan.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase()), [name, value]],
  });

const ofTheCaller = fc.constantFrom(...FLAWED).map((asker): Break => (plan) => ({ ...plan, asker }));

const ofTheMethod = fc
  .constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
  .map((method): Break => (plan) => ({ ...plan, method }));

/** Segments as no client should write them, and some that are fine. */
const segment = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }).map(encodeURIComponent),
  fc.constantFrom(
    "%",
    "%zz",
    "%E0%A4%A",
    "%ED%A0%80",
    "%FF",
    "%00",
    "%2F",
    "%2e%2e",
    "..",
    "a%00b",
    "%F0%9F%98%80",
    "__proto__",
    ":id",
    "{id}",
    "*",
    "a;b=c",
    "a+b",
  ),
  fc.stringMatching(/^[a-z0-9]{32}$/),
  fc.integer({ min: 1, max: 6000 }).map((length) => "x".repeat(length)),
);
const ofThePath = fc.oneof(
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

const ofTheQuery = fc.oneof(
  fc.constant<Break>((plan) => ({ ...plan, query: [...plan.query, ...plan.query] })),
  fc
    .tuple(
      fc.constantFrom(
        "limit",
        "cursor",
        "filter",
        "source",
        "status",
        "visibility",
        "x",
        "__proto__",
        "",
        "%",
      ),
      fc.oneof(
        fc.string({ unit: "binary" }).map(encodeURIComponent),
        fc.constantFrom("0", "101", "-1", "1e9", "%", "%FF", "+", "a&b", "[]"),
      ),
    )
    .map(([name, text]): Break => (plan) => ({ ...plan, query: [...plan.query, `${name}=${text}`] })),
);

const HEADERS = [
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Prefer",
  "X-Request-Id",
  "Origin",
  "Accept",
  "Content-Type",
  "X-GitHub-Event",
  "svix-id",
];
const ofTheHeaders = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...HEADERS),
      fc.oneof(
        fc.string({ unit: "binary" }).filter((text) => IN_A_HEADER.test(text)),
        fc.constantFrom(
          "",
          " ",
          "*",
          '"1"',
          'W/"1"',
          '"1", "2"',
          "null",
          "same",
          "https://app.example.com",
          "text/html",
          "application/json",
          "x".repeat(3000),
        ),
      ),
    )
    .map(([name, text]) => header(name, text)),
  fc
    .constantFrom(
      "application/json; charset=utf-16",
      "APPLICATION/JSON",
      "application/jsonp",
      "text/plain",
      "multipart/form-data",
      "multipart/form-data; boundary=b",
      "application/x-www-form-urlencoded",
      ";",
      "application/json, text/plain",
    )
    .map((type) => header("Content-Type", type)),
  fc.constant<Break>((plan) => ({
    ...plan,
    headers: plan.headers.filter(([name]) => name !== "Content-Type"),
  })),
  // The same request again: what was created once must not be created twice.
  fc.constantFrom("one", "two").map((key) => header("Idempotency-Key", key)),
  fc.constant(header("Prefer", "respond-async")),
  fc.constant(header("Access-Control-Request-Method", "POST")),
);

export const breaks: fc.Arbitrary<Break> = fc.oneof(
  ofTheCaller,
  ofTheMethod,
  ofThePath,
  ofTheQuery,
  ofTheHeaders,
  { weight: 5, arbitrary: fc.oneof(ofTheValue(), ofTheText()) },
);

/** What the body says: JSON that is well-formed, and something else. */
function ofTheValue(): fc.Arbitrary<Break> {
  const change =
    (edit: (value: unknown) => unknown): Break =>
    (plan) => {
      try {
        return { ...plan, body: Buffer.from(JSON.stringify(edit(JSON.parse(String(plan.body))))) };
      } catch {
        return plan;
      }
    };
  return fc.oneof(
    anyJson.map((value) => change(() => value)),
    fc.tuple(fc.nat(), anyJson).map(([at, value]) => change((body) => replaced(body, at, () => value))),
    fc.nat().map((at) => change((body) => replaced(body, at, () => undefined))),
    fc.nat().map((at) => change((body) => replaced(body, at, (old) => [old]))),
    fc
      .tuple(fc.nat(), fc.integer({ min: 1, max: 5000 }))
      .map(([at, times]) =>
        change((body) =>
          replaced(body, at, (old) => (typeof old === "string" ? old.repeat(times).slice(0, 20_000) : old)),
        ),
      ),
    fc
      .tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "$x", "_id", "id", "createdAt", "")), anyJson)
      .map(([name, value]) =>
        change(
          (body) =>
            JSON.parse(
              JSON.stringify(body)
                .replace(/^\{/, () => `{${JSON.stringify(name)}:${JSON.stringify(value)},`)
                .replace(/,\}$/, "}"),
            ) as unknown,
        ),
      ),
  );
}

/** The bytes of the body: what is no JSON, no UTF-8, or more than anybody reads. */
function ofTheText(): fc.Arbitrary<Break> {
  const change =
    (edit: (bytes: Buffer) => Buffer | undefined): Break =>
    (plan) => ({ ...plan, body: edit(plan.body ?? Buffer.alloc(0)) });
  const text = (edit: (text: string) => string) => change((bytes) => Buffer.from(edit(bytes.toString())));
  return fc.oneof(
    fc.constant(change(() => undefined)),
    fc.nat().map((at) => change((bytes) => bytes.subarray(0, at % (bytes.length + 1)))),
    fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })).map(([at, byte]) =>
      change((bytes) => {
        const copy = Buffer.from(bytes);
        copy[at % (copy.length + 1)] = byte;
        return copy;
      }),
    ),
    fc
      .constantFrom("\ufeff", "\ufeff\ufeff", " ", "\u0000", "//", "x")
      .map((before) => text((body) => before + body)),
    fc.constantFrom("\u0000", "x", "{}", ",", "\n").map((after) => text((body) => body + after)),
    fc
      .constantFrom(
        "1e999",
        "-1e999",
        "123456789012345678901234567890",
        "1e-400",
        "NaN",
        "Infinity",
        "-0",
        "01",
        "0x1",
        "'x'",
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\u0000"',
        '"\\x"',
        "undefined",
      )
      .map((odd) => text((body) => body.replace(/(?<=:)("[^"]*"|[^,}\]]+)/, () => odd))),
    fc
      .constantFrom(63, 64, 65, 3000)
      .map((levels) =>
        text((body) =>
          body.replace(/(?<=:)("[^"]*"|[^,}\]]+)/, (old) => "[".repeat(levels) + old + "]".repeat(levels)),
        ),
      ),
    fc
      .constantFrom<BufferEncoding>("utf16le", "latin1", "base64")
      .map((encoding) =>
        change((bytes) => Buffer.from(bytes.toString(), encoding === "base64" ? "utf8" : encoding)),
      ),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => change(() => Buffer.from(bytes))),
    fc.constant(change(() => Buffer.alloc(1024 * 1024 + 1, " "))),
  );
}

/** A value with one of the values in it, counted from the front, replaced; `undefined` takes it out. */
function replaced(value: unknown, at: number, by: (old: unknown) => unknown): unknown {
  const places: (() => void)[] = [];
  const walk = (holder: Record<string, unknown>) => {
    for (const [name, inner] of Object.entries(holder)) {
      places.push(() => (holder[name] = by(inner)));
      if (typeof inner === "object" && inner !== null) walk(inner as Record<string, unknown>);
    }
  };
  const root = { value };
  walk(root);
  places[at % places.length]?.();
  return root.value;
}
