import * as z from "zod/mini";
import type { Schema } from "./contract.kit";
import { described } from "./described.kit";
import * as fields from "./fields.kit";
import { makeReply } from "./makeReply.kit";

type Descriptions = Readonly<Record<string, string>>;
const names = new WeakMap<Schema, { name?: string; fields: Descriptions }>();

/** The name that `named` gave a schema. */
export const nameOf = (schema: Schema): string | undefined => names.get(schema)?.name;

/** The descriptions that `named` gave the fields of a schema. */
export const fieldDescriptionsOf = (schema: Schema): Descriptions => names.get(schema)?.fields ?? {};

/**
 * The helpers that `docsOnly` passes to its argument: the field schemas, all of zod, and helpers that only the document needs. A
 * contract must not import them: the bundler would keep them in the code of every request, because it drops the argument only
 * after it has resolved its imports.
 */
const helpers = () => ({
  ...fields,
  /**
   * Gives the schema of a reply a name in the document's components and in generated types, and describes its fields. The name
   * must not be one of a global type such as `File`: generated types would hide it.
   */
  named: <S extends Schema>(
    name: string,
    schema: S,
    fields: { readonly [Field in keyof z.output<S>]?: string } & Descriptions = {},
  ): S => {
    names.set(schema, { name, fields: { ...names.get(schema)?.fields, ...fields } });
    return schema;
  },
  /** Describes the fields of a schema that needs no name of its own. */
  withFields: <S extends Schema>(schema: S, fields: Descriptions): S => {
    names.set(schema, { fields });
    return schema;
  },
  /** An integer in a reply. */
  whole: () => described(z.number(), () => ({ type: "integer" })),
  /** Makes replies that are not plain JSON: text, bytes, streams, and replies with headers. */
  reply: makeReply(z.string()),
  /** A SHA-256 in lower-case hex. */
  hash: () => z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** A text of at most `max` code points in a reply. */
  upTo: (max: number) => described(z.string(), () => ({ type: "string", maxLength: max })),
  z,
});

export type SchemaHelpers = ReturnType<typeof helpers>;
let made: SchemaHelpers | undefined;

/** Returns the helpers. They are made at the first call, because `fields.kit.ts` imports `#docsOnly` itself. */
export const schemaHelpers = (): SchemaHelpers => (made ??= helpers());
