/** Hostile bodies: deep, long, repetitive or compressed ones, and forms that no browser writes. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Operation } from "../../../openapi/contract/described";
import type { Mutation } from "./draft";

const withBody =
  (body: string | Buffer, type: string): Mutation =>
  (draft) => ({
    ...draft,
    method: draft.method === "GET" || draft.method === "HEAD" ? "POST" : draft.method,
    headers: [
      ...draft.headers.filter(([name]) => name.toLowerCase() !== "content-type"),
      ["Content-Type", type],
    ],
    body: Buffer.from(body as string),
  });
const json = (text: string | Buffer) => withBody(text, "application/json");

/** Large sizes are rare, so that a run sends many requests instead of many bytes. */
const size = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 500 }) },
  { weight: 4, arbitrary: fc.integer({ min: 500, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(100_000, 500_000) },
);

const bombs = fc.oneof(
  size.map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  size.map((depth) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth)),
  size.map((depth) => "[".repeat(depth)),
  size.map((digits) => "9".repeat(digits)),
  size.map((digits) => `{"name":1e${"9".repeat(Math.min(digits, 1000))}}`),
  size.map((digits) => `{"name":0.${"1".repeat(digits)}}`),
  size.map((keys) => `{${Array.from({ length: Math.min(keys, 50_000) }, (_, at) => `"k${at}":0`).join()}}`),
  size.map((keys) => `{${'"name":"x",'.repeat(Math.min(keys, 40_000))}"name":"y"}`),
  size.map((length) => `{"name":"${"\\u0000".repeat(Math.min(length, 50_000))}"}`),
  size.map((length) => `{"name":"${"😀".repeat(Math.min(length, 50_000))}"}`),
  fc.constantFrom(
    '{"__proto__":{"scopes":["*"]},"name":"x"}',
    '{"constructor":{"prototype":{"admin":true}},"name":"x"}',
    '{"name":"x","__proto__":null}',
    '{"name":{"toString":"x"}}',
    '{"name":["x"]}',
    '{"name":"\\ud800"}',
    '{"\\udfff":"x"}',
    '{"name":"x"}{"name":"y"}',
    '\u0000{"name":"x"}',
  ),
);

const BOUNDARIES = [
  "b",
  "'()+_,-./:=?",
  "----x",
  "x".repeat(70),
  "x".repeat(5000),
  "",
  " ",
  "é",
  '\\"',
  "--",
];
const DISPOSITIONS = [
  'form-data; name="name"',
  'form-data; name="name"; filename="../../etc/passwd"',
  'form-data; name="name"; filename="a\u0000b"',
  "form-data; name*=UTF-8''name",
  'form-data; name="na\\"me"',
  'form-data; name="__proto__"',
  "form-data",
  'attachment; name="name"',
  `form-data; name="${"n".repeat(5000)}"`,
];

const forms = fc
  .record({
    boundary: fc.constantFrom(...BOUNDARIES),
    quoted: fc.boolean(),
    parts: fc.array(fc.tuple(fc.constantFrom(...DISPOSITIONS), fc.string({ unit: "binary" })), {
      maxLength: 5,
    }),
    times: fc.constantFrom(1, 1, 1, 50),
    more: fc.constantFrom(
      "",
      "Content-Type: text/plain; charset=utf-16\r\n",
      "Content-Transfer-Encoding: base64\r\n",
    ),
    end: fc.constantFrom("--\r\n", "--", "\r\n", "", "--\r\nand then"),
  })
  .map(({ boundary, quoted, parts, times, more, end }) => {
    const encoded = parts.map(
      ([disposition, text]) =>
        `--${boundary}\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${text}\r\n`,
    );
    const type = `multipart/form-data; boundary=${quoted ? `"${boundary}"` : boundary}`;
    return withBody(
      `${encoded.join("").repeat(times)}--${boundary}${end}`,
      Buffer.from(type).toString("latin1"),
    );
  });

const many = size.map((count) =>
  withBody("name=x&".repeat(Math.min(count, 100_000)), "application/x-www-form-urlencoded"),
);

const COMPRESSED: Record<string, (bytes: Buffer) => Buffer> = {
  br: brotliCompressSync,
  deflate: deflateSync,
};

/** Bodies with a `Content-Encoding`, compressed or not. Some decompress to a thousand times their size. */
const encoded = fc
  .tuple(
    fc.constantFrom("gzip", "br", "deflate", "zstd", "gzip, gzip", "identity", "x"),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([encoding, really, bomb]): Mutation => (draft) => {
    const plain = bomb ? Buffer.alloc(1_000_000, "[") : (draft.body ?? Buffer.from("{}"));
    const compress = COMPRESSED[encoding] ?? gzipSync;
    const headers: [string, string][] = [...draft.headers, ["Content-Encoding", encoding]];
    return { ...draft, headers, body: really ? compress(plain) : (draft.body ?? Buffer.from("{}")) };
  });

/** Puts a hostile value into a list, which is the body of a batch, alone or beside many others. */
const inLists = fc
  .tuple(bombs, fc.constantFrom(1, 2, 100, 101, 5_000))
  .map(
    ([text, count]) => `[${`${text},`.repeat(Math.min(count, Math.ceil(500_000 / text.length)) - 1)}${text}]`,
  );

/** Replaces the body by a hostile one. */
export function bodiesOf({ requestBody }: Operation): fc.Arbitrary<Mutation> {
  const takesList = requestBody?.content["application/json"]?.schema?.["type"] === "array";
  const texts = takesList ? fc.oneof(bombs, inLists) : bombs;
  return fc.oneof(texts.map(json), forms, many, encoded);
}
