/** Hostile headers: values for headers that the API reads, repeated headers, many headers, and connection headers. */
import fc from "fast-check";
import type { Mutation } from "./draft";

/** Adds a header. */
export const header =
  (name: string, value: string): Mutation =>
  (draft) => ({ ...draft, headers: [...draft.headers, [name, value]] });

/** Headers that the API reads or copies into its reply. */
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
export const headers: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...READ), value).map(([name, text]) => header(name, text)),
  },
  // Repeats a header with the same or another value.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.boolean()).map(([at, same]): Mutation => (draft) => {
      const [name, text] = draft.headers[at % draft.headers.length] ?? ["X-A", "b"];
      return header(name, same ? text : `${text}x`)(draft);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 400 }).map((count): Mutation => (draft) => ({
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
    (text): Mutation =>
      (draft) =>
        header("Upgrade", text)(header("Connection", "upgrade")(draft)),
  ),
);
