import { fail, failField } from "../../lib/failure.lib";
import { tooLarge } from "../kit/limits.kit";

/**
 * Reads a body and stops at a limit. An earlier check refuses a declared length above the limit, but the declared length may
 * be wrong or absent.
 *
 * @param limit In bytes.
 */
export async function readBytes(request: Request, limit: number): Promise<ArrayBuffer> {
  if (!request.headers.has("Content-Length")) {
    return request.body ? readWithoutLength(request.body, limit) : new ArrayBuffer(0);
  }
  const bytes = await request.arrayBuffer().catch(unreadable);
  return bytes.byteLength > limit ? tooLarge(limit) : bytes;
}

async function readWithoutLength(body: ReadableStream<Uint8Array>, limit: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  const next = () => reader.read().catch(unreadable);
  for (let part = await next(); !part.done; part = await next()) {
    length += part.value.byteLength;
    if (length > limit) {
      await reader.cancel();
      tooLarge(limit);
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.buffer;
}

/** Seconds after which a client may retry when the server was too busy for its body. */
const RETRY_AFTER = "1";
/** Why the embedded runtime refuses a body, by the name of its error: the memory limit, and the time limit of its wait. */
const REFUSED: Readonly<Record<string, string>> = {
  QuotaExceededError: "The server has no memory for this body",
  TimeoutError: "The server is too busy to read this body",
};

/**
 * Refuses a request whose body could not be read: with 503 if the embedded runtime is too busy for it. Any other error means that the
 * client disconnected or sent fewer bytes than it declared, so it is not a server error.
 */
function unreadable(error: unknown): never {
  const { name = "" } = error instanceof Error ? error : {};
  if (Object.hasOwn(REFUSED, name)) {
    fail("unavailable", `${REFUSED[name]}: try again in ${RETRY_AFTER} s`, {
      headers: { "Retry-After": RETRY_AFTER },
    });
  }
  failField({ in: "body", path: "", message: "was not received completely" });
}
