import { fail, failField } from "../../lib/failure.lib";

/**
 * Reads a body no further than a limit. A declared length was checked before; it may still lie, and may be absent.
 *
 * @param tooLarge Refuses.
 */
export async function readBytes(
  request: Request,
  limit: number,
  tooLarge: () => never,
): Promise<ArrayBuffer> {
  if (!request.headers.has("Content-Length")) {
    return request.body ? readUnannounced(request.body, limit, tooLarge) : new ArrayBuffer(0);
  }
  const bytes = await request.arrayBuffer().catch(unreadable);
  return bytes.byteLength > limit ? tooLarge() : bytes;
}

async function readUnannounced(
  body: ReadableStream<Uint8Array>,
  limit: number,
  tooLarge: () => never,
): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  const next = () => reader.read().catch(unreadable);
  for (let part = await next(); !part.done; part = await next()) {
    length += part.value.byteLength;
    if (length > limit) {
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
  return bytes.buffer;
}

/** Seconds after which a client may try again when the server had no room for its body. */
const RETRY_AFTER = "1";

/**
 * Refuses for a body that could not be read. The embedded runtime bounds the memory for bodies, and says by the name of its
 * error that there is none left. Otherwise the client is gone, or sent less than it declared: not an error of the server.
 */
function unreadable(error: unknown): never {
  if (error instanceof Error && error.name === "QuotaExceededError") {
    fail("unavailable", "The server is busy: it has no room for another body", {
      headers: { "Retry-After": RETRY_AFTER },
    });
  }
  failField({ in: "body", path: "", message: "broke off" });
}
