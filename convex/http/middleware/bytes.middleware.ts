import { failField } from "../../lib/failure.lib";

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
  const bytes = await request.arrayBuffer().catch(brokenOff);
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
  const next = () => reader.read().catch(brokenOff);
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

/** The client is gone, or sent less than it said: its failure, not ours, even if nobody is left to be told. */
function brokenOff(): never {
  failField({ in: "body", path: "", message: "broke off" });
}
