/**
 * The schema of bytes. OpenAPI 3.1 needs no type for them, but generators make a `Blob` of this form and an object of an empty
 * schema.
 */
export const BINARY = { type: "string", format: "binary" };
