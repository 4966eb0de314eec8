import { fail, failField } from "../../lib/failure.lib";
import { checkJson } from "../../lib/json.lib";
import { parseMediaType } from "../../lib/mediaType.lib";
import type { Endpoint } from "../kit/api.kit";
import type { ApiContext } from "../kit/env.kit";
import { readBytes } from "./bytes.middleware";

/** The default limit of a JSON, form or text body, in bytes: exactly 1 MiB passes. */
export const JSON_LIMIT = 1024 * 1024;
/** The limit of an uploaded file, in bytes: the 20 MiB of a Convex request, minus an allowance for its headers. */
const UPLOAD_LIMIT = 20 * 1024 * 1024 - 64 * 1024;

const FORM_TYPES = ["multipart/form-data", "application/x-www-form-urlencoded"];

/** Names the media types that a PATCH accepts (RFC 5789, section 3.1). */
export const ACCEPT_PATCH = { "Accept-Patch": "application/json" };

const limitOf = ({ upload, bodyLimit = JSON_LIMIT }: Endpoint) => (upload ? UPLOAD_LIMIT : bodyLimit);

/** Refuses a body whose declared length is too large, before any other check. */
export function requireDeclaredLength(c: ApiContext, endpoint: Endpoint): void {
  const declared = c.req.header("Content-Length");
  if (declared !== undefined && Number(declared) > limitOf(endpoint)) tooLarge(limitOf(endpoint));
}

/**
 * Refuses a body of a type that the route does not read. Parameters such as `; charset=utf-8` and letter case do not matter.
 * A file may have any type, but the type must be well-formed: downloads are sent with it.
 */
export function requireMediaType(c: ApiContext, { body, bodyOptional, form, upload }: Endpoint): void {
  const header = c.req.header("Content-Type");
  const type = essenceOf(header);
  if (body && type !== "application/json" && !(header === undefined && bodyOptional)) notJson(c);
  if (form && !FORM_TYPES.includes(type)) {
    fail("unsupported_media_type", `Content-Type must be ${FORM_TYPES.join(" or ")}`);
  }
  if (upload && header !== undefined && parseMediaType(header) === undefined) {
    const message = "must be a media type, such as image/png";
    failField({ in: "header", path: "Content-Type", message });
  }
}

/**
 * Refuses a body in a content coding, such as gzip. The API decodes none, and a stored file would lose the information that
 * it is encoded (RFC 9110, section 8.4). Webhooks are exempt: their signature covers the bytes as sent.
 */
export function requireNoCoding(c: ApiContext, { body, form, upload }: Endpoint): void {
  const coding = c.req.header("Content-Encoding")?.toLowerCase() ?? "";
  if (!(body ?? form ?? upload) || coding === "" || coding === "identity") return;
  fail("unsupported_media_type", "Content-Encoding must be identity: send the body as it is", {
    headers: { "Accept-Encoding": "identity" },
  });
}

/**
 * Reads the body strictly and stops at its limit, with or without a declared length. JSON must be valid UTF-8, one
 * value, at most 64 levels deep, without lone surrogates or numbers that JSON cannot represent. The validator then gets the
 * value, or the handler gets the text or the file.
 *
 * @returns The content that an `Idempotency-Key` is bound to; undefined for routes without a body and for webhooks.
 */
export async function readBody(c: ApiContext, endpoint: Endpoint): Promise<Content | undefined> {
  const limit = limitOf(endpoint);
  const refuse = () => tooLarge(limit);
  if (endpoint.upload) {
    return readFile(c, new Uint8Array(await readBytes(c.req.raw, limit, refuse)));
  }
  if (!endpoint.body && !endpoint.form && !endpoint.text) return undefined;
  const bytes = await readBytes(c.req.raw, limit, refuse);
  if (endpoint.text) {
    // The signature covers the byte order mark too.
    c.set("text", decode(bytes, true));
    return undefined;
  }
  if (endpoint.form) c.req.bodyCache.formData = await readForm(bytes, c.req.header("Content-Type") ?? "");
  else setJson(c, bytes, endpoint);
  return { bytes, type: c.req.header("Content-Type") };
}

/** The bytes of a body, or of the file in it, with their type and name as the client wrote them. */
export type Content = {
  bytes: ArrayBuffer | Uint8Array<ArrayBuffer>;
  type: string | undefined;
  name?: string;
};

/** Reads the body as a file, or reads the single file of a form. */
async function readFile(c: ApiContext, body: Uint8Array<ArrayBuffer>): Promise<Content> {
  const type = c.req.header("Content-Type");
  const isForm = body.byteLength > 0 && essenceOf(type) === "multipart/form-data";
  // Loaded on demand: on Convex every request would pay for a static import.
  const file = isForm
    ? (await import("../../lib/multipart.lib")).fileOfForm(body, type ?? "")
    : { bytes: body, contentType: type ?? "application/octet-stream" };
  if (file.bytes.byteLength === 0) failField({ in: "body", path: "", message: "must not be empty" });
  c.set("upload", file);
  return isForm ? { ...file, type: file.contentType } : { bytes: body, type };
}

const essenceOf = (type: string | undefined) => type?.split(";", 1)[0]?.trim().toLowerCase() ?? "";

function setJson(c: ApiContext, bytes: ArrayBuffer, { bodyOptional, unparsed }: Endpoint): void {
  // A client without a body need not name a type, but a body without a type is refused.
  if (bytes.byteLength > 0 && c.req.header("Content-Type") === undefined) notJson(c);
  const text = decode(bytes);
  if (text === "" && bodyOptional) {
    c.req.json = () => Promise.resolve({} as never);
    return;
  }
  const { valid, flaw } = checkJson(text);
  if (!valid) invalidJson();
  if (flaw) failField({ in: "body", ...flaw });
  if (unparsed) {
    c.set("json", text);
    return;
  }
  const value: unknown = JSON.parse(text);
  c.req.json = () => Promise.resolve(value as never);
}

async function readForm(bytes: ArrayBuffer, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "Content-Type": type } }).formData();
  } catch {
    return failField({ in: "body", path: "", message: "is not a well-formed form" });
  }
}

function decode(bytes: ArrayBuffer, ignoreBOM = false): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
  } catch {
    return invalidJson();
  }
}

function notJson(c: ApiContext): never {
  const headers = c.req.method === "PATCH" ? ACCEPT_PATCH : {};
  fail("unsupported_media_type", "Content-Type must be application/json", { headers });
}

function invalidJson(): never {
  fail("invalid_json", "Invalid JSON body");
}

function tooLarge(limit: number): never {
  fail("payload_too_large", `The body is larger than ${limit} bytes`);
}
