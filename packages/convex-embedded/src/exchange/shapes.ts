/**
 * Documents in the format of older snapshots (until March 2026).
 *
 * In this format int64, bytes, infinity and NaN are strings. `generated_schema.jsonl` says how to decode a string: its first line is
 * the shape of the table's documents, and the following lines have hints for single documents where the shape is ambiguous.
 * Source: `crates/shape_inference/src/{pretty,export_context}.rs` in get-convex/convex-backend.
 */
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";

/** The types that a string may encode. */
type Meaning = "string" | "int64" | "infinity" | "nan" | "bytes";

/** One member of a union, reduced to the information that is needed to decode strings. */
interface Member {
  readonly meanings?: readonly Meaning[];
  /** The shape of an array's elements. */
  readonly element?: Shape;
  /** The shapes of an object's fields. */
  readonly fields?: ReadonlyMap<string, Shape>;
  /** The shape of a record's values. */
  readonly values?: Shape;
  /** True if the type and its contents are unknown. */
  readonly unknown?: boolean;
}

/** The shape of a value: a union of members. */
export type Shape = readonly Member[];

/** The hint for a single value: `"int64"`, `{"field": …}`, `["infer", …]`. */
export type Hint = JSONValue;

const ANYTHING: Member = { meanings: ["string", "infinity", "nan", "int64", "bytes"], unknown: true };

/** The shape of a table that has no generated schema. */
export const UNKNOWN: Shape = [ANYTHING];

const UNITS: readonly (readonly [text: string, member: Member])[] = [
  ["never", {}],
  ["null", {}],
  ["int64", { meanings: ["int64"] }],
  ["float64", { meanings: ["nan", "infinity"] }],
  ["-inf", { meanings: ["infinity"] }],
  ["inf", { meanings: ["infinity"] }],
  ["-0", {}],
  ["NaN", { meanings: ["nan", "infinity"] }],
  ["normalfloat64", {}],
  ["boolean", {}],
  ["field_name", { meanings: ["string"] }],
  ["string", { meanings: ["string"] }],
  ["bytes", { meanings: ["bytes"] }],
  ["unknown", ANYTHING],
];

/** Parses a shape. @param text `{"_id": "…", "list": array<int64 | string>, "name"?: string}`. @throws Error if it is invalid. */
export function parseShape(text: string): Shape {
  const reader = new ShapeReader(text);
  const shape = reader.union();
  reader.end();
  return shape;
}

class ShapeReader {
  #at = 0;

  constructor(private readonly text: string) {}

  union(): Shape {
    const members = [this.#member()];
    while (this.#take(" | ")) members.push(this.#member());
    return members;
  }

  end(): void {
    if (this.#at < this.text.length) this.#fail();
  }

  #member(): Member {
    if (this.#take("{")) return { fields: this.#fields() };
    if (this.#take("array<")) return { element: this.#closed() };
    if (this.#take("record<")) {
      this.union();
      this.#expect(", ");
      return { values: this.#closed() };
    }
    const literal = this.#match(/id<\d+>|"[^"]*"/y);
    if (literal !== null) return { meanings: ["string"] };
    const unit = UNITS.find(([text]) => this.#take(text));
    return unit?.[1] ?? this.#fail();
  }

  #fields(): Map<string, Shape> {
    const fields = new Map<string, Shape>();
    while (!this.#take("}")) {
      const name = this.#match(/"[^"]*"\??: /y) ?? this.#fail();
      fields.set(name.slice(1, name.lastIndexOf('"')), this.union());
      if (!this.#take(", ") && this.text[this.#at] !== "}") this.#fail();
    }
    return fields;
  }

  #closed(): Shape {
    const shape = this.union();
    this.#expect(">");
    return shape;
  }

  #take(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail();
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(): never {
    throw new Error(`the shape cannot be parsed from '${this.text.slice(this.#at, this.#at + 40)}' on`);
  }
}

/** Decodes a document or a part of it. @throws Error if it does not match its hint. */
export function fromShaped(json: JSONValue, shape: Shape, hint: Hint = "infer"): Value {
  if (typeof json === "string") return fromText(json, hint === "infer" ? inferred(shape) : hint);
  if (Array.isArray(json)) {
    const element = shape.flatMap((member) => (member.unknown ? [member] : (member.element ?? [])));
    if (hint !== "infer" && !(Array.isArray(hint) && hint.length === json.length)) misfit(hint);
    return json.map((value, i) => fromShaped(value, element, Array.isArray(hint) ? hint[i] : "infer"));
  }
  if (typeof json !== "object" || json === null) return json;
  const hints = typeof hint === "object" && hint !== null && !Array.isArray(hint) ? hint : {};
  if (hint !== "infer" && hints !== hint) misfit(hint);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      fromShaped(value, fieldOf(shape, name), hints[name] ?? "infer"),
    ]),
  );
}

function fieldOf(shape: Shape, name: string): Shape {
  return shape.flatMap((member) =>
    member.unknown ? [member] : (member.fields?.get(name) ?? member.values ?? []),
  );
}

/** Infers the type of a string from its shape. If the shape is ambiguous, it stays a string. */
function inferred(shape: Shape): Hint {
  const meanings = new Set(shape.flatMap(({ meanings = [] }) => meanings));
  const [only] = meanings;
  if (meanings.size !== 1 || only === undefined || only === "string") return "infer";
  return only === "infinity" ? "float64inf" : only;
}

function fromText(text: string, hint: Hint): Value {
  if (hint === "infer") return text;
  if (hint === "int64" && /^-?\d+$/.test(text)) return BigInt(text);
  if (hint === "bytes") return jsonToConvex({ $bytes: text });
  if (hint === "float64inf" && text.endsWith("Infinity")) return text.startsWith("-") ? -Infinity : Infinity;
  if (typeof hint === "object" && hint !== null && "$float64NaN" in hint && text === "NaN") return NaN;
  return misfit(hint);
}

function misfit(hint: Hint): never {
  throw new Error(`its generated schema says ${JSON.stringify(hint)}, but the value has another type`);
}
