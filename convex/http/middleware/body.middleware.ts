import { fail, type FieldError } from "../../lib/failure.lib";
import type { Endpoint } from "../kit/api.kit";
import type { ApiContext } from "../kit/env.kit";

/** Bytes of a JSON body: exactly 1 MiB passes. */
export const JSON_LIMIT = 1024 * 1024;
/** Levels of nesting in a JSON body. */
const DEPTH_LIMIT = 64;

/** Refuses a body that declares itself too large, before anything else is looked at. */
export function requireDeclaredLength(c: ApiContext): void {
  const declared = c.req.header("Content-Length");
  if (declared !== undefined && Number(declared) > JSON_LIMIT) tooLarge();
}

/** Refuses a body that is not declared as JSON. Parameters such as `; charset=utf-8` and letter case are free. */
export function requireMediaType(c: ApiContext, endpoint: Endpoint): void {
  if (!endpoint.body) return;
  const type = c.req.header("Content-Type");
  if (type === undefined && endpoint.bodyOptional) return;
  if (type?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json") {
    fail("unsupported_media_type", "Content-Type must be application/json");
  }
}

/**
 * Reads the JSON body strictly: at most 1 MiB however it is sent, valid UTF-8, one JSON value, no deeper than 64 levels, no
 * lone surrogate. `c.req.json()`, and with it the validator, then gets the value that was read here.
 */
export async function readBody(c: ApiContext, endpoint: Endpoint): Promise<void> {
  if (!endpoint.body) return;
  const text = decode(await readBytes(c.req.raw));
  const value = text === "" && endpoint.bodyOptional ? {} : parse(text);
  const errors: FieldError[] = [];
  inspect(value, "", 1, errors);
  const [first] = errors;
  if (first) fail("invalid_request", `${first.path || "body"}: ${first.message}`, { errors });
  c.req.json = () => Promise.resolve(value as never);
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array(0);
  if (request.headers.has("Content-Length")) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > JSON_LIMIT ? tooLarge() : bytes;
  }
  return readUnannounced(request.body);
}

/** Reads a body whose length nobody declared, and stops at the limit. */
async function readUnannounced(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength;
    if (length > JSON_LIMIT) {
      await reader.cancel();
      tooLarge();
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return invalidJson();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalidJson();
  }
}

/** Finds what JSON allows and Convex does not: a string that is not well-formed Unicode, and bottomless nesting. */
function inspect(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (errors.length > 0) return;
  if (typeof value === "string") {
    if (!value.isWellFormed()) errors.push({ in: "body", path, message: "contains a lone surrogate" });
  } else if (typeof value === "object" && value !== null) {
    if (depth > DEPTH_LIMIT) {
      errors.push({ in: "body", path: "", message: `must not be nested deeper than ${DEPTH_LIMIT} levels` });
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (!key.isWellFormed())
        errors.push({ in: "body", path, message: "has a field name with a lone surrogate" });
      inspect(inner, path ? `${path}.${key}` : key, depth + 1, errors);
    }
  }
}

function invalidJson(): never {
  fail("invalid_json", "Invalid JSON body");
}

function tooLarge(): never {
  fail("payload_too_large", `The body is larger than ${JSON_LIMIT} bytes`);
}
