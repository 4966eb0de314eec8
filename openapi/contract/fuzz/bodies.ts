import fc from "fast-check";
import type { Break } from "./breaks";
import { anyJson } from "./values";

/** Changes what a JSON body says, and leaves it JSON. Another body stays as it is. */
export const ofTheValue: fc.Arbitrary<Break> = fc.oneof(
  anyJson.map((value) => saying(() => value)),
  fc.tuple(fc.nat(), anyJson).map(([at, value]) => saying((body) => replaced(body, at, () => value))),
  fc.nat().map((at) => saying((body) => replaced(body, at, () => undefined))),
  fc.nat().map((at) => saying((body) => replaced(body, at, (old) => [old]))),
  fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 5000 }))
    .map(([at, times]) => saying((body) => replaced(body, at, (old) => longer(old, times)))),
);

/** A member that comes first, so that one of the same name behind it wins. */
const ofTheMembers = fc
  .tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "$x", "_id", "id", "createdAt", "")), anyJson)
  .map(([name, value]) => {
    const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
    return reading((body) => body.replace(/^\{(?=(\}?))/, (_, end) => `{${member}${end === "" ? "," : ""}`));
  });

/** Bytes that a JSON body may have at most. */
const JSON_LIMIT = 1024 * 1024;

/** The first value of an object in a body, as far as a regular expression finds it. */
const A_VALUE = /(?<=:)("[^"]*"|[^,}\]]+)/;

/** Replacements for a value: invalid JSON, or unusual JSON. */
const ODD = [
  "1e999",
  "-1e999",
  "123456789012345678901234567890",
  "1e-400",
  "NaN",
  "Infinity",
  "-0",
  "01",
  "0x1",
];
const ODD_TEXTS = ["'x'", '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\x"', "undefined"];

/** Changes the bytes of a body into invalid JSON, invalid UTF-8, or a body above the limit. */
export const ofTheText: fc.Arbitrary<Break> = fc.oneof(
  ofTheMembers,
  fc.constant(carrying(() => undefined)),
  fc.nat().map((at) => carrying((bytes) => cut(bytes, at))),
  fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => carrying((bytes) => changed(bytes, at, byte))),
  fc
    .constantFrom("\ufeff", "\ufeff\ufeff", " ", "\u0000", "//", "x")
    .map((before) => reading((body) => before + body)),
  fc.constantFrom("\u0000", "x", "{}", ",", "\n").map((after) => reading((body) => body + after)),
  fc.constantFrom(...ODD, ...ODD_TEXTS).map((odd) => reading((body) => body.replace(A_VALUE, () => odd))),
  fc
    .constantFrom(63, 64, 65, 3000)
    .map((levels) =>
      reading((body) => body.replace(A_VALUE, (old) => "[".repeat(levels) + old + "]".repeat(levels))),
    ),
  fc
    .constantFrom<BufferEncoding>("utf16le", "latin1")
    .map((encoding) => carrying((bytes) => Buffer.from(bytes.toString(), encoding))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => carrying(() => Buffer.from(bytes))),
  fc.constant(carrying(() => Buffer.alloc(JSON_LIMIT + 1, " "))),
);

function saying(edit: (value: unknown) => unknown): Break {
  return (plan) => {
    try {
      return { ...plan, body: Buffer.from(JSON.stringify(edit(JSON.parse(String(plan.body))))) };
    } catch {
      return plan;
    }
  };
}

function carrying(edit: (bytes: Buffer) => Buffer | undefined): Break {
  return (plan) => ({ ...plan, body: edit(plan.body ?? Buffer.alloc(0)) });
}

function reading(edit: (text: string) => string): Break {
  return carrying((bytes) => Buffer.from(edit(bytes.toString())));
}

const longer = (value: unknown, times: number) =>
  typeof value === "string" ? value.repeat(times).slice(0, 20_000) : value;

/**
 * A body that is too large stays so. A route that reads none answers one that is just not too large without waiting for it,
 * and where the connection then ends the reply may be cut off with it.
 */
const cut = (bytes: Buffer, at: number) =>
  bytes.length > JSON_LIMIT ? bytes : bytes.subarray(0, at % (bytes.length + 1));

function changed(bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % (copy.length + 1)] = byte;
  return copy;
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
