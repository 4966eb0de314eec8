/**
 * The schema of bytes. OpenAPI 3.1 allows an empty schema for bytes, but generators turn an empty schema into an object, and this
 * schema into a `Blob`.
 */
export const BINARY = { type: "string", format: "binary" };
