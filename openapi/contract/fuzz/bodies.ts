import fc from "fast-check";
import type { Break } from "./breaks";
import { anyJson } from "./values";

/** Changes the value of a JSON body, which stays valid JSON. Any other body is unchanged. */
export const valueBreaks: fc.Arbitrary<Break> = fc.oneof(
  anyJson.map((value) => editValue(() => value)),
  fc.tuple(fc.nat(), anyJson).map(([at, value]) => editValue((body) => replaced(body, at, () => value))),
  fc.nat().map((at) => editValue((body) => replaced(body, at, () => undefined))),
  fc.nat().map((at) => editValue((body) => replaced(body, at, (old) => [old]))),
  fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 5000 }))
    .map(([at, times]) => editValue((body) => replaced(body, at, (old) => longer(old, times)))),
);

/** Inserts a member at the start of the first object. A later member of the same name overrides it. */
const insertedMember = fc
  .tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "$x", "_id", "id", "createdAt", "")), anyJson)
  .map(([name, value]) => {
    const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
    return editText((body) => body.replace(/\{(?=(\}?))/, (_, end) => `{${member}${end === "" ? "," : ""}`));
  });

/** The maximum size of a JSON body, in bytes. */
const JSON_LIMIT = 1024 * 1024;

/** Matches the first member value in a JSON text, approximately. */
const FIRST_VALUE = /(?<=:)("[^"]*"|[^,}\]]+)/;

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
export const textBreaks: fc.Arbitrary<Break> = fc.oneof(
  insertedMember,
  fc.constant(editBytes(() => undefined)),
  fc.nat().map((at) => editBytes((bytes) => truncated(bytes, at))),
  fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => editBytes((bytes) => withByte(bytes, at, byte))),
  fc
    .constantFrom("\ufeff", "\ufeff\ufeff", " ", "\u0000", "//", "x")
    .map((before) => editText((body) => before + body)),
  fc.constantFrom("\u0000", "x", "{}", ",", "\n").map((after) => editText((body) => body + after)),
  fc
    .constantFrom(...ODD, ...ODD_TEXTS)
    .map((odd) => editText((body) => body.replace(FIRST_VALUE, () => odd))),
  fc
    .constantFrom(63, 64, 65, 3000)
    .map((levels) =>
      editText((body) => body.replace(FIRST_VALUE, (old) => "[".repeat(levels) + old + "]".repeat(levels))),
    ),
  fc
    .constantFrom<BufferEncoding>("utf16le", "latin1")
    .map((encoding) => editBytes((bytes) => Buffer.from(bytes.toString(), encoding))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => editBytes(() => Buffer.from(bytes))),
  fc.constant(editBytes(() => Buffer.alloc(JSON_LIMIT + 1, " "))),
);

function editValue(edit: (value: unknown) => unknown): Break {
  return (plan) => {
    try {
      return { ...plan, body: Buffer.from(JSON.stringify(edit(JSON.parse(String(plan.body))))) };
    } catch {
      return plan;
    }
  };
}

function editBytes(edit: (bytes: Buffer) => Buffer | undefined): Break {
  return (plan) => ({ ...plan, body: edit(plan.body ?? Buffer.alloc(0)) });
}

function editText(edit: (text: string) => string): Break {
  return editBytes((bytes) => Buffer.from(edit(bytes.toString())));
}

const longer = (value: unknown, times: number) =>
  typeof value === "string" ? value.repeat(times).slice(0, 20_000) : value;

/**
 * Truncates a body, but leaves a body above the limit unchanged. A route without a body replies at once to a body just below the
 * limit. If the connection then ends before the server has read the body, the client may lose the reply.
 */
const truncated = (bytes: Buffer, at: number) =>
  bytes.length > JSON_LIMIT ? bytes : bytes.subarray(0, at % (bytes.length + 1));

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % (copy.length + 1)] = byte;
  return copy;
}

/** Replaces one of the nested values, selected by index. A replacement of `undefined` removes the value. */
function replaced(value: unknown, at: number, by: (old: unknown) => unknown): unknown {
  const setters: (() => void)[] = [];
  const walk = (holder: Record<string, unknown>) => {
    for (const [name, inner] of Object.entries(holder)) {
      setters.push(() => (holder[name] = by(inner)));
      if (typeof inner === "object" && inner !== null) walk(inner as Record<string, unknown>);
    }
  };
  const root = { value };
  walk(root);
  setters[at % setters.length]?.();
  return root.value;
}
