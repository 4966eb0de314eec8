/** Reads JSON request bodies. */
import type { IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { ApiError, ClientGone } from "./api";
import { hasLoneSurrogate } from "./jsonText";

/** The limit for the operator. Convex accepts arguments of 16 MiB, and their JSON is larger. */
export const MAX_OPERATOR_BYTES = 24 * 1024 * 1024;
/** The limit for all other callers. Such a body must be cheap, because any page on this machine can send many. */
export const MAX_BYTES = 1024 * 1024;
/** A slower client would hold its socket for too long. */
const TIME_MS = 60_000;
/** Parsing a larger body takes long enough to yield to other work first. */
const LARGE_BYTES = 64 * 1024;

/** Reads and parses a JSON body of at most `maxBytes` bytes. @throws like `readText` and `parseJson`. */
export async function readJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  return parseJson(await readText(incoming, maxBytes));
}

/**
 * Reads the text of a body. Each large body resolves in its own turn of the event loop.
 *
 * @throws ApiError for a body that is too large, too slow, or not UTF-8. @throws ClientGone.
 */
export async function readText(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  return await decoded(await readBytes(incoming, maxBytes));
}

/**
 * Reads the text of a body with the content coding `br` or without one.
 *
 * @param maxDecodedBytes The limit after decompression. @throws like `readText`, and for another content coding.
 */
export async function readEncodedText(
  incoming: IncomingMessage,
  maxBytes: number,
  maxDecodedBytes: number,
): Promise<string> {
  const { "content-encoding": coding = "identity" } = incoming.headers;
  const bytes = await readBytes(incoming, maxBytes);
  if (coding === "identity") return await decoded(bytes);
  if (coding !== "br") throw badBody(`its content coding is ${coding}; use br or none`);
  try {
    return await decoded(await decompress(bytes, { maxOutputLength: maxDecodedBytes }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxDecodedBytes);
    throw error instanceof ApiError ? error : badBody((error as Error).message);
  }
}

async function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(await chunksOf(incoming, maxBytes));
}

async function decoded(body: Buffer): Promise<string> {
  if (body.length > LARGE_BYTES) await ownTurn();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

/** Parses JSON. @throws ApiError for invalid JSON, and for strings with lone surrogates. */
export function parseJson(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    if (hasLoneSurrogate(text)) throw new Error("a string contains a lone surrogate");
    return json;
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

const decompress = promisify(brotliDecompress);

let lastTurn: Promise<unknown> = Promise.resolve();

function ownTurn(): Promise<unknown> {
  return (lastTurn = lastTurn.then(() => turn()));
}

function chunksOf(incoming: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (error: Error | null): void => {
      clearTimeout(timer);
      // The socket stays open for the response.
      incoming.off("data", onData).off("end", onEnd).off("close", onClose).pause();
      if (error === null) resolve(chunks);
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) stop(tooLarge(maxBytes));
    };
    const onEnd = (): void => stop(null);
    const onClose = (): void => stop(new ClientGone());
    const timer = setTimeout(() => stop(tooSlow()), TIME_MS);
    if (incoming.destroyed) onClose();
    else incoming.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** Returns the fields of a JSON object. @throws ApiError for other JSON. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as Readonly<Record<string, unknown>>;
  }
  throw badBody("it must be an object");
}

/** Creates the error for an invalid body. @param why the reason, as the end of a sentence. */
export function badBody(why: string): ApiError {
  return new ApiError(400, "BadJsonBody", `The body is not valid JSON for this path: ${why}`);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "PayloadTooLarge", `The body is larger than ${maxBytes} bytes.`);
}

function tooSlow(): ApiError {
  return new ApiError(408, "RequestTimeout", `The body took longer than ${TIME_MS / 1000} seconds.`);
}
