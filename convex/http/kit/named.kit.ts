import * as z from "zod/mini";
import type { Schema } from "./contract.kit";
import { described } from "./described.kit";

const names = new WeakMap<Schema, string>();

/** The name that `named` gave a schema. */
export const nameOf = (schema: Schema): string | undefined => names.get(schema);

/**
 * What `documented` hands to its argument: means that only readers need. Whoever imported them would have them in the bundle
 * of every request, because the bundler drops what a call is given only after it has collected what that refers to.
 */
export const MEANS = {
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
