import { fail, failField } from "../../lib/failure.lib";
import { checkJson, decodeUtf8 } from "../../lib/json.lib";
import { parseMediaType } from "../../lib/mediaType.lib";
import type { Body } from "../kit/body.kit";
import type { ApiContext } from "../kit/env.kit";
import "../kit/everyRequest.kit";
import { ACCEPT_PATCH, limitOf } from "../kit/limits.kit";
import { readBytes } from "./bytes.middleware";
import type * as multipartModule from "./multipart.middleware";

const FORM_TYPES = ["multipart/form-data", "application/x-www-form-urlencoded"];

/** Loads what only forms with files need. */
type Loaders = { multipart: () => Promise<typeof multipartModule> };

/** Checks the type and the coding of a body, and reads it. */
export function takeBody(c: ApiContext, body: Body, load: Loaders): Promise<Content | undefined> {
  requireMediaType(c, body);
  requireNoCoding(c, body);
  return readBody(c, body, load);
}

/**
 * Refuses a body of a type that the route does not read. Parameters such as `; charset=utf-8` and letter case do not matter.
 * A file may have any type, but the type must be well-formed: downloads are sent with it.
 */
function requireMediaType(c: ApiContext, body: Body): void {
  const header = c.req.header("Content-Type");
  const type = essenceOf(header);
  switch (body.type) {
    case "json":
    case "anyJson":
      if (type !== "application/json" && !(header === undefined && isOptional(body))) notJson(c);
      return;
    case "form":
      if (FORM_TYPES.includes(type)) return;
      return fail("unsupported_media_type", `Content-Type must be ${FORM_TYPES.join(" or ")}`);
    case "multipart":
      if (type === "multipart/form-data") return;
      return fail("unsupported_media_type", "Content-Type must be multipart/form-data");
    case "file":
      if (header === undefined || parseMediaType(header)) return;
      return failField({
        in: "header",
        path: "Content-Type",
        message: "must be a media type, such as image/png",
      });
    case "signedText":
  }
}

const isOptional = (body: Body): boolean => body.type === "json" && body.optional === true;

/**
 * Refuses a body in a content coding, such as gzip. The API decodes none, and a stored file would lose the information that
 * it is encoded (RFC 9110, section 8.4). Webhooks are exempt: their signature covers the bytes as sent.
 */
function requireNoCoding(c: ApiContext, body: Body): void {
  const coding = c.req.header("Content-Encoding")?.toLowerCase() ?? "";
  if (body.type === "signedText" || coding === "" || coding === "identity") return;
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
async function readBody(c: ApiContext, body: Body, load: Loaders): Promise<Content | undefined> {
  const limit = limitOf(body);
  const bytes = await readBytes(c.req.raw, limit);
  const type = c.req.header("Content-Type");
  switch (body.type) {
    case "file":
      return readFile(c, new Uint8Array(bytes), load);
    case "multipart":
      return (await load.multipart()).readMultipart(c, new Uint8Array(bytes), body);
    case "signedText":
      // The signature covers the byte order mark too.
      c.set("text", decode(bytes, true));
      return undefined;
    case "form":
      c.req.bodyCache.formData = await readForm(bytes, type ?? "");
      return { bytes, type };
    case "json":
    case "anyJson":
      setJson(c, bytes, body);
      return { bytes, type };
  }
}

/** The bytes of a body, or of the file in it, with their type and name as the client wrote them. */
export type Content = {
  bytes: ArrayBuffer | Uint8Array<ArrayBuffer>;
  type: string | undefined;
  name?: string;
};

/** Reads the body as a file, or reads the single file of a form. */
async function readFile(c: ApiContext, body: Uint8Array<ArrayBuffer>, load: Loaders): Promise<Content> {
  const type = c.req.header("Content-Type");
  const isForm = body.byteLength > 0 && essenceOf(type) === "multipart/form-data";
  // Loaded on demand: on Convex every request would pay for a static import.
  const file = isForm
    ? (await load.multipart()).fileOfForm(body, type ?? "")
    : { bytes: body, contentType: type ?? "application/octet-stream" };
  if (file.bytes.byteLength === 0) failField({ in: "body", path: "", message: "must not be empty" });
  c.set("upload", file);
  return isForm ? { ...file, type: file.contentType } : { bytes: body, type };
}

const essenceOf = (type: string | undefined) => type?.split(";", 1)[0]?.trim().toLowerCase() ?? "";

function setJson(c: ApiContext, bytes: ArrayBuffer, body: Body): void {
  // A client without a body need not name a type, but a body without a type is refused.
  if (bytes.byteLength > 0 && c.req.header("Content-Type") === undefined) notJson(c);
  const text = decode(bytes);
  if (text === "" && isOptional(body)) {
    c.req.json = () => Promise.resolve({} as never);
    return;
  }
  const { valid, flaw } = checkJson(text);
  if (!valid) invalidJson();
  if (flaw) failField({ in: "body", ...flaw });
  if (body.type === "anyJson") {
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
  return decodeUtf8(bytes, ignoreBOM) ?? invalidJson();
}

function notJson(c: ApiContext): never {
  const headers = c.req.method === "PATCH" ? ACCEPT_PATCH : {};
  fail("unsupported_media_type", "Content-Type must be application/json", { headers });
}

function invalidJson(): never {
  fail("invalid_json", "Invalid JSON body");
}
