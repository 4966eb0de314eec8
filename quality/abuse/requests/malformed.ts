/**
 * Requests that are not HTTP, or that misstate their length. Each uses a separate connection, half closed after the request.
 * The server must answer or close the connection.
 */
import fc from "fast-check";

type Break = (request: Buffer) => Buffer;

const inHead =
  (edit: (head: string) => string): Break =>
  (request) => {
    const end = request.indexOf("\r\n\r\n");
    const head = request.subarray(0, end).toString("latin1");
    return Buffer.concat([Buffer.from(edit(head), "latin1"), request.subarray(end)]);
  };
const line = (text: string) => inHead((head) => `${head}\r\n${text}`);
const withoutFraming = (head: string) =>
  head.replace(/\r\n(?:Content-Length|Transfer-Encoding): [^\r]*/g, "");
const framed = (...lines: string[]) => inHead((head) => [withoutFraming(head), ...lines].join("\r\n"));

const LENGTHS = [
  "0",
  "1",
  "5",
  "99999",
  "-1",
  "+5",
  "0x5",
  "5 5",
  "5, 6",
  "1e3",
  "",
  "NaN",
  "99999999999999999999",
  "5\r\nContent-Length: 6",
];
const ENCODINGS = [
  "xchunked",
  "chunked, chunked",
  "gzip",
  "identity",
  "chunked;q=1",
  " chunked",
  "\tchunked",
  "chunked, gzip",
  "CHUNKED",
];
const misframed = fc.oneof(
  fc.constantFrom(...LENGTHS).map((length) => framed(`Content-Length: ${length}`)),
  fc.constantFrom(...ENCODINGS).map((encoding) => framed(`Transfer-Encoding: ${encoding}`)),
  fc
    .constantFrom(...LENGTHS)
    .map((length) => framed(`Content-Length: ${length}`, "Transfer-Encoding: chunked")),
  fc.constant(framed("Transfer-Encoding: chunked", "Content-Length: 3")),
);

const LINES = [
  "no colon",
  ": no name",
  "space : x",
  " folded",
  "X-A: a\r\n b",
  "X-A: a\x00b",
  "X-A: a\x01b",
  "X-A: a\x7fb",
  "X-A: a\rb",
  "X-\xe9: x",
  "X-A\x00: b",
  "Host: a\r\nHost: b",
  "Expect: 100-continue\r\nContent-Length: 5",
  `X-A: ${"a".repeat(20_000)}`,
  ...Array.from({ length: 3 }, (_, at) =>
    Array.from({ length: 500 * (at + 1) }, (__, n) => `X-${n}: ${"v".repeat(20)}`).join("\r\n"),
  ),
];

const FIRST = [
  "GET",
  "GET /",
  "GET  / HTTP/1.1",
  "GET / HTTP/1.1 x",
  "GET / HTTP/2.0",
  "GET / HTTP/9.9",
  "GET / http/1.1",
  "GET / HTTP/1.1\x00",
  "get / HTTP/1.1",
  "G\x00T / HTTP/1.1",
  "CONNECT evil.test:443 HTTP/1.1",
  "TRACK / HTTP/1.1",
  "PRI * HTTP/2.0",
  "GET /\x1b[31m HTTP/1.1",
  "GET /\xff\xfe HTTP/1.1",
  "GET /\x9b31m HTTP/1.1",
  "GET /a b HTTP/1.1",
  "GET \\ HTTP/1.1",
  "GET * HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "GET evil.test HTTP/1.1",
  "GET ?x HTTP/1.1",
  `GET /${"a".repeat(20_000)} HTTP/1.1`,
  `${"G".repeat(20_000)} / HTTP/1.1`,
  "GET /\u2028 HTTP/1.1",
  "GET /\n HTTP/1.1",
  "",
];

const CHUNKS = [
  "zz\r\nx\r\n0\r\n\r\n",
  "5\r\nx",
  "-1\r\nx\r\n0\r\n\r\n",
  "fffffffffffffffff\r\nx",
  "1\nx\n0\n\n",
  "1\r\nxy\r\n0\r\n\r\n",
  "0\r\nbad trailer\r\n\r\n",
  `1;${"e".repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
  "0\r\n",
];
const chunks = fc.constantFrom(...CHUNKS).map((text): Break => (request) => {
  const head = withoutFraming(request.subarray(0, request.indexOf("\r\n\r\n")).toString("latin1"));
  return Buffer.from(`${head}\r\nTransfer-Encoding: chunked\r\n\r\n${text}`, "latin1");
});

const NOISE = [
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "latin1"),
  Buffer.from("\r\n\r\n\r\n"),
  Buffer.from("SSH-2.0-x\r\n"),
  Buffer.from("*1\r\n$4\r\nPING\r\n"),
  Buffer.alloc(70_000, "A"),
];

/** Breaks a well-formed request. */
export const broken: fc.Arbitrary<Break> = fc.oneof(
  { weight: 4, arbitrary: misframed },
  { weight: 3, arbitrary: fc.constantFrom(...LINES).map(line) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...FIRST)
      .map((first) => inHead((head) => head.replace(/^[^\r]*/, () => first))),
  },
  { weight: 2, arbitrary: chunks },
  fc.nat().map(
    (at): Break =>
      (request) =>
        request.subarray(0, 1 + (at % request.length)),
  ),
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]): Break => (request) => {
    const copy = Buffer.from(request);
    copy[at % copy.length] = byte;
    return copy;
  }),
  fc.constant<Break>((request) => Buffer.from(request.toString("latin1").replaceAll("\r\n", "\n"), "latin1")),
  fc.constant<Break>((request) => Buffer.concat([request, request, request])),
  fc.constantFrom(...NOISE).map(
    (noise): Break =>
      () =>
        noise,
  ),
  fc.uint8Array({ minLength: 1, maxLength: 500 }).map(
    (bytes): Break =>
      () =>
        Buffer.from(bytes),
  ),
);
