/** JSON that comes with a request. */
import type { IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { ApiError, ClientGone } from "./api";
import { hasLoneSurrogate } from "./jsonText";

/** For the operator: Convex takes arguments of 16 MiB; as JSON they take more room. */
export const MOST_BYTES_OF_OPERATOR = 24 * 1024 * 1024;
/** For all others. What such a body costs must not matter: a page on this machine can send many. */
export const MOST_BYTES = 1024 * 1024;
/** A client that sends more slowly holds a socket for nothing. */
const TIME_MS = 60_000;
/** Parsing more than that takes long enough to let other work go first. */
const LARGE_BYTES = 64 * 1024;

/** @throws as `readText` and `parseJson` do. */
export async function readJson(incoming: IncomingMessage, mostBytes: number): Promise<unknown> {
  return parseJson(await readText(incoming, mostBytes));
}

/**
 * The text of a body. Of large ones each resolves in a turn of the event loop of its own.
 *
 * @throws ApiError for a body that is too large, too slow, or not UTF-8. @throws ClientGone.
 */
export async function readText(incoming: IncomingMessage, mostBytes: number): Promise<string> {
  if (Number(incoming.headers["content-length"] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const body = Buffer.concat(await chunksOf(incoming, mostBytes));
  if (body.length > LARGE_BYTES) await ownTurn();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

/** @throws ApiError for what is no JSON, or has text that is not well-formed. */
export function parseJson(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    if (hasLoneSurrogate(text)) throw new Error("a lone surrogate is no character");
    return json;
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

let lastTurn: Promise<unknown> = Promise.resolve();

function ownTurn(): Promise<unknown> {
  return (lastTurn = lastTurn.then(() => turn()));
}

function chunksOf(incoming: IncomingMessage, mostBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (error: Error | null): void => {
      clearTimeout(timer);
      // The socket stays open for the answer.
      incoming.off("data", onData).off("end", onEnd).off("close", onClose).pause();
      if (error === null) resolve(chunks);
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > mostBytes) stop(tooLarge(mostBytes));
    };
    const onEnd = (): void => stop(null);
    const onClose = (): void => stop(new ClientGone());
    const timer = setTimeout(() => stop(tooSlow()), TIME_MS);
    if (incoming.destroyed) onClose();
    else incoming.on("data", onData).on("end", onEnd).on("close", onClose);
  });
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

function tooLarge(mostBytes: number): ApiError {
  return new ApiError(413, "PayloadTooLarge", `The body is larger than ${mostBytes} bytes.`);
}

function tooSlow(): ApiError {
  return new ApiError(408, "RequestTimeout", `The body took longer than ${TIME_MS / 1000} seconds.`);
}
