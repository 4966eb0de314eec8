/** What a request may look like and still be HTTP: the server has to answer each, and keep the connection's order. */
import fc from "fast-check";
import { bodies } from "./bodies";
import type { Trick } from "./draft";

const header =
  (name: string, value: string): Trick =>
  (draft) => ({ ...draft, headers: [...draft.headers, [name, value]] });

const METHODS = [
  "TRACE",
  "QUERY",
  "PROPFIND",
  "PURGE",
  "LINK",
  "MKCOL",
  "M-SEARCH",
  "REPORT",
  "LOCK",
  "OPTIONS",
  "HEAD",
];
const methods = fc.constantFrom(...METHODS).map((method): Trick => (draft) => ({ ...draft, method }));

/** Pieces that mean something else to whoever decodes once more, once less, or for another system. */
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
const paths = fc.oneof(
  fc.tuple(fc.constantFrom(...PIECES), fc.nat()).map(([piece, at]): Trick => (draft) => {
    const place = 1 + (at % Math.max(1, draft.target.length));
    return { ...draft, target: draft.target.slice(0, place) + piece + draft.target.slice(place) };
  }),
  fc.integer({ min: 1, max: 15_000 }).map((length): Trick => (draft) => ({
    ...draft,
    target: `${draft.target.split("?")[0] ?? ""}/${"a".repeat(length)}`,
  })),
  fc
    .integer({ min: 1, max: 3000 })
    .map((depth): Trick => (draft) => ({ ...draft, target: "/a".repeat(depth) })),
  fc
    .constantFrom("http://evil.test", "https://evil.test:99999", "HTTP://a@b:1", "http://[::1]", "http://%00")
    .map((origin): Trick => (draft) => ({ ...draft, target: origin + draft.target })),
);

const NAMES = ["limit", "cursor", "filter", "visibility", "source", "status", "__proto__", "limit[]", "x"];
const queries = fc
  .tuple(
    fc.integer({ min: 1, max: 1500 }),
    fc.constantFrom(...NAMES),
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }).map(encodeURIComponent),
      fc.constantFrom("%", "%ff", "1", "", "&", "="),
    ),
  )
  .map(([count, name, text]): Trick => (draft) => ({
    ...draft,
    target:
      `${draft.target}${draft.target.includes("?") ? "&" : "?"}${`${name}=${text}&`.repeat(count)}`.slice(
        0,
        14_000,
      ),
  }));

/** Headers that the API reads, or writes something of into its reply. */
const READ = [
  "X-Request-Id",
  "Origin",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Prefer",
  "Accept",
  "Content-Type",
  "Authorization",
  "X-API-Key",
  "Host",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "Forwarded",
  "Range",
  "Cookie",
  "Access-Control-Request-Method",
  "Access-Control-Request-Headers",
  "svix-id",
  "svix-signature",
  "Stripe-Signature",
  "X-Hub-Signature-256",
  "X-GitHub-Event",
  "X-GitHub-Delivery",
  "X-HTTP-Method-Override",
  "User-Agent",
  "Referer",
];
const VALUES = [
  "",
  "*",
  "null",
  '"1"',
  'W/"1"',
  '"',
  '", "',
  "\t",
  "a\tb",
  "%0d%0aSet-Cookie: a=b",
  "\xe9\xff\xa0",
  "\x80\x9b31m",
  "a, b, c",
  "https://evil.test",
  "javascript:alert(1)",
  "Bearer",
  "Bearer  x",
  "bearer a b",
  "Basic YTpi",
  "respond-async",
  "text/html",
  "application/json; charset=utf-16",
  "multipart/form-data",
  "t=1,v1=00",
  "sha256=",
  "127.0.0.1",
  "[::1]:80",
  "a".repeat(129),
  "a".repeat(8000),
  '{"level":"error"}',
];
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...VALUES) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
    }),
  },
);
const headers = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...READ), value).map(([name, text]) => header(name, text)),
  },
  // Twice what is there, in the same words or in others.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.boolean()).map(([at, same]): Trick => (draft) => {
      const [name, text] = draft.headers[at % draft.headers.length] ?? ["X-A", "b"];
      return header(name, same ? text : `${text}x`)(draft);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 400 }).map((count): Trick => (draft) => ({
      ...draft,
      headers: [
        ...draft.headers,
        ...Array.from({ length: count }, (_, at): [string, string] => [`X-${at}`, "y"]),
      ],
    })),
  },
  fc.constantFrom("100-continue", "200-ok").map((text) => header("Expect", text)),
  fc.constantFrom("close", "upgrade", "keep-alive, x-api-key", "x").map((text) => header("Connection", text)),
  fc.constantFrom("h2c", "websocket", "TLS/1.0").map(
    (text): Trick =>
      (draft) =>
        header("Upgrade", text)(header("Connection", "upgrade")(draft)),
  ),
);

const TRAILERS = [
  "X-API-Key: cha_x",
  "Content-Length: 5",
  "X-Request-Id: trailer",
  "Host: evil.test",
  "a: ".padEnd(3000, "b"),
];
const framing = fc
  .record({
    chunk: fc.constantFrom(1, 2, 7, 1000, 65_536),
    extension: fc.constantFrom("", ";a=b", ';a="b;c"', `;${"x".repeat(300)}`),
    trailers: fc.subarray(TRAILERS),
  })
  .map((chunks): Trick => (draft) => {
    // Many small chunks of much would take all of the time.
    const chunk = Math.max(chunks.chunk, Math.ceil((draft.body?.length ?? 0) / 2000));
    return { ...draft, body: draft.body ?? Buffer.alloc(0), framing: { ...chunks, chunk } };
  });

/**
 * A key where no key belongs: what is written down somewhere would give it away. `X-Request-Id` is left out, since it is there
 * to be written down.
 */
const leaks = (key: string) =>
  fc.constantFrom<Trick>(
    (draft) => ({ ...draft, target: `${draft.target.split("?")[0] ?? ""}/${key}` }),
    (draft) => ({ ...draft, target: `${draft.target.split("?")[0] ?? ""}?key=${key}` }),
    ...["Cookie", "User-Agent", "Referer", "Idempotency-Key", "Origin"].map((name) => header(name, key)),
    (draft) => ({
      ...draft,
      headers: [...draft.headers, ["Content-Type", "application/json"]],
      body: Buffer.from(`{"name":"${key}"}`),
    }),
  );

/** @param key that works, to be sent where it does not belong. */
export const tricks = (key: string): fc.Arbitrary<Trick> =>
  fc.oneof(
    { weight: 2, arbitrary: methods },
    { weight: 5, arbitrary: paths },
    { weight: 2, arbitrary: queries },
    { weight: 6, arbitrary: headers },
    { weight: 3, arbitrary: framing },
    { weight: 3, arbitrary: bodies },
    { weight: 1, arbitrary: leaks(key) },
  );
