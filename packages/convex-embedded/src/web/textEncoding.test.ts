import { expect, test } from "vitest";
import { FunctionTextDecoder as Decoder, FunctionTextDecoderStream as DecoderStream } from "./textEncoding";

const bytes = (...values: number[]) => Uint8Array.from(values);
const EURO = [0xe2, 0x82, 0xac] as const;

test("an unknown label throws a DOMException that is named RangeError", () => {
  for (const label of ["nothing", "", "replacement", "iso-2022-kr"]) {
    const refused = expect(() => new Decoder(label));
    refused.toThrow(new DOMException(`The encoding label provided ('${label}') is invalid.`, "RangeError"));
    refused.toThrow(DOMException);
  }
  expect(() => new DecoderStream("nothing")).toThrow(DOMException);
});

test.each([
  ["UTF-8 ", "utf-8", [...EURO], "€"],
  ["latin1", "windows-1252", [0x41, 0x80, 0x9f, 0xe9], "A€Ÿé"],
  ["iso-8859-16", "iso-8859-16", [0xa4, 0xa5, 0xff], "€„ÿ"],
  ["X-User-Defined", "x-user-defined", [0x41, 0x80, 0xff], "A\uf780\uf7ff"],
  ["utf-16", "utf-16le", [0xac, 0x20], "€"],
  ["shift_jis", "shift_jis", [0x82, 0xa0], "あ"],
])("the label %j is the encoding %s", (label, encoding, encoded, text) => {
  const decoder = new Decoder(label);
  expect(decoder.encoding).toBe(encoding);
  expect(decoder.decode(bytes(...encoded))).toBe(text);
  expect(decoder.decode(bytes(...encoded).buffer, { stream: true })).toBe(text);
});

test("malformed bytes are replaced, and with `fatal` the result is undefined, as on Convex", () => {
  expect(new Decoder().decode(bytes(0x61, 0xff))).toBe("a\ufffd");
  const fatal = new Decoder("utf-8", { fatal: true });
  expect([fatal.fatal, fatal.ignoreBOM]).toEqual([true, false]);
  expect(fatal.decode(bytes(0x61, 0xff))).toBeUndefined();
  expect(fatal.decode(bytes(0x61))).toBe("a");
});

test("a byte order mark is removed unless `ignoreBOM` is set", () => {
  const marked = bytes(0xef, 0xbb, 0xbf, 0x61);
  for (const _ of [1, 2]) {
    expect(new Decoder().decode(marked)).toBe("a");
    expect(new Decoder("utf-8", { ignoreBOM: true }).decode(marked)).toBe("\ufeffa");
  }
});

test("a stream keeps the bytes of an incomplete character, and `decode()` does not end it", () => {
  const decoder = new Decoder();
  expect(decoder.decode(bytes(EURO[0]), { stream: true })).toBe("");
  expect(decoder.decode()).toBe("");
  expect(decoder.decode(bytes(EURO[1], EURO[2]), { stream: true })).toBe("€");
  expect(decoder.decode(bytes(EURO[0]), { stream: true })).toBe("");
  expect(decoder.decode(bytes())).toBe("\ufffd");
  expect(decoder.decode(bytes(0x61))).toBe("a");
});

test("an input that is not bytes is refused", () => {
  for (const input of [null, "text", [1], {}]) {
    expect(() => new Decoder().decode(input as never)).toThrow(TypeError);
  }
});

test("a TextDecoderStream decodes characters across chunks and drops an incomplete one at the end", async () => {
  const stream = new DecoderStream();
  expect([stream.encoding, stream.fatal, stream.ignoreBOM]).toEqual(["utf-8", false, false]);
  const chunks = [[0x61, EURO[0]], [EURO[1]], [EURO[2], 0x62, EURO[0]]];
  const source = new ReadableStream<BufferSource>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytes(...chunk));
      controller.close();
    },
  });
  const texts: string[] = [];
  for await (const text of source.pipeThrough(stream)) texts.push(text);
  expect(texts).toEqual(["a", "€b"]);
});
