import type { FieldsThunk, SchemaThunk } from "./contract.kit";
import type { FileSpecs } from "./multipart.kit";

/**
 * The body that a route takes. `limit` is the maximum size in bytes: 1 MiB by default, and what fits into a Convex request for
 * a file.
 */
export type Body =
  /** JSON that fits a schema. An optional body defaults to `{}`. */
  | { type: "json"; schema: SchemaThunk; optional?: true; limit?: number }
  /**
   * Any JSON value. Its syntax is checked, and it stays text in `c.var.json`, so a handler that only passes it on does not pay
   * for parsing.
   */
  | { type: "anyJson"; limit?: number }
  /** The fields of a form: `multipart/form-data` or `application/x-www-form-urlencoded`. */
  | { type: "form"; fields: FieldsThunk; limit?: number }
  /**
   * A form with named files and text fields (`multipart/form-data`). The handler reads the fields from `c.req.valid("form")`, and the
   * files from `c.var.files`.
   *
   * @example
   * body: {
   *   type: "multipart",
   *   fields: ({ text }) => ({ title: text(200) }),
   *   files: { cover: { types: ["image/png"], maxBytes: 2_000_000 }, photos: { types: ["image/*"], max: 5, optional: true } },
   * }
   * // c.var.files: { cover: File; photos: File[] }
   */
  | { type: "multipart"; fields?: FieldsThunk; files: FileSpecs; limit?: number }
  /** A file of any type, as raw bytes or as the one file of a form. The handler reads it from `c.var.upload`. */
  | { type: "file"; limit?: number }
  /** Strict UTF-8 text that its sender has signed, such as a webhook. The handler reads it unchanged from `c.var.text`. */
  | { type: "signedText"; limit?: number };
