import * as z from "zod/mini";
import type { Schema } from "./contract.kit";
import { described } from "./described.kit";

const names = new WeakMap<Schema, string>();

/** The name that `named` gave a schema. */
export const nameOf = (schema: Schema): string | undefined => names.get(schema);

/**
 * The helpers that `documented` passes to its argument. Only the document needs them. A contract must not import them: the
 * bundler would keep them in the code of every request, because it drops the argument only after it has resolved its imports.
 */
export const SCHEMA_HELPERS = {
  /** Gives the schema of a reply a name in the document's components and in generated types. */
  named: <S extends Schema>(name: string, schema: S): S => {
    names.set(schema, name);
    return schema;
  },
  /** A whole number in a reply. */
  whole: () => described(z.number(), () => ({ type: "integer" })),
  /** For kinds of schemas that no request is validated with. */
  z,
};
