import type { Body } from "./body.kit";
import { fail } from "./product.kit";

/** The default limit of a JSON, form or text body, in bytes: exactly 1 MiB passes. */
export const JSON_LIMIT = 1024 * 1024;
/** The limit of an uploaded file, or of a form with files, in bytes: the 20 MiB of a Convex request, minus an allowance for its headers. */
const UPLOAD_LIMIT = 20 * 1024 * 1024 - 64 * 1024;

/** Names the media types that a PATCH accepts (RFC 5789, section 3.1). */
export const ACCEPT_PATCH = { "Accept-Patch": "application/json" };

/** The maximum size of a body, in bytes. */
export const limitOf = (body: Body | undefined): number =>
  body?.limit ?? (body?.type === "file" || body?.type === "multipart" ? UPLOAD_LIMIT : JSON_LIMIT);

/** Refuses a body that is larger than `limit` bytes. */
export function tooLarge(limit: number): never {
  fail("payload_too_large", `The body is larger than ${limit} bytes`);
}
