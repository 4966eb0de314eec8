/** The code that both references share, so that they differ only in routing. */
import type { ItemInput, StoredItem } from "./functions";

const MAX_BODY = 1024 * 1024;
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
export const ALLOWED = [
  "Content-Type",
  "Authorization",
  "X-API-Key",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Prefer",
  "X-Request-Id",
];
export const EXPOSED = [
  "X-Request-Id",
  "ETag",
  "Link",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Idempotency-Replayed",
  "Preference-Applied",
];

/** An error that the references answer with a problem. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 413 | 415,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function problem(status: number, code: string, detail: string, requestId: string) {
  const type = `${process.env.CONVEX_SITE_URL ?? ""}/problems/${code}`;
  return { type, title: detail, status, code, detail, error: detail, requestId };
}

export function requestIdOf(given: string | null | undefined): string {
  return given && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function jsonBody(request: Request): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("Content-Type") ?? "")) {
    throw new Refusal(415, "unsupported_media_type", "Content-Type must be application/json");
  }
  if (Number(request.headers.get("Content-Length")) > MAX_BODY) throw tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY) throw tooLarge();
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "invalid_json", "Invalid JSON body");
  }
}

function tooLarge(): Refusal {
  return new Refusal(413, "payload_too_large", "The body must not be over 1 MiB");
}

export function parseItem(body: unknown): ItemInput {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw invalid("body: must be an object");
  const { name, description, ...unknown } = body as Record<string, unknown>;
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw invalid(`${field}: unknown field`);
  if (typeof name !== "string") throw invalid("name: must be a string");
  if (name.length < 1 || name.length > 200) throw invalid("name: must have 1 to 200 characters");
  if (description === undefined) return { name };
  if (typeof description !== "string") throw invalid("description: must be a string");
  return { name, description };
}

function invalid(detail: string): Refusal {
  return new Refusal(400, "invalid_request", detail);
}

export function toItem({ _id, _creationTime, name, description, updatedAt }: StoredItem) {
  const times = {
    createdAt: new Date(_creationTime).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
  return { id: _id, name, ...(description !== undefined && { description }), ...times };
}
