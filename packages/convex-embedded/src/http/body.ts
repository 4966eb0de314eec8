/** JSON that comes with a request. */
import type { IncomingMessage } from "node:http";
import { addAbortSignal } from "node:stream";
import { ApiError } from "./api";

/** Convex takes arguments of 16 MiB; as JSON they take more room. */
const MOST_BYTES = 24 * 1024 * 1024;
/** Who sends more slowly than that holds a socket for nothing. */
const TIME_MS = 60_000;

/** Texts without such an escape have no lone surrogates: in UTF-8 there are none. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** @throws ApiError for a body that is too large, is no UTF-8, or no JSON. */
export async function readJson(incoming: IncomingMessage): Promise<unknown> {
  if (Number(incoming.headers["content-length"] ?? 0) > MOST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = addAbortSignal(AbortSignal.timeout(TIME_MS), incoming).iterator({ destroyOnReturn: false });
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
    return ESCAPED_SURROGATE.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

/** For JSON as Convex reads it, where an escape stands for a character. JavaScript takes half of one, too. */
function wellFormed(name: string, value: unknown): unknown {
  for (const text of [name, value]) {
    if (typeof text === "string" && /\p{Surrogate}/u.test(text))
      throw new Error("a lone surrogate is no character");
  }
  return value;
}

/** The fields of a JSON object. @throws ApiError for other JSON. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as Readonly<Record<string, unknown>>;
  }
  throw badBody("an object is expected");
}

/** @param why what is wrong with it, as the end of a sentence. */
export function badBody(why: string): ApiError {
  return new ApiError(400, "BadJsonBody", `The body is not the JSON that belongs here: ${why}`);
}

function tooLarge(): ApiError {
  return new ApiError(413, "PayloadTooLarge", `The body is larger than ${MOST_BYTES} bytes.`);
}
