/** Compression of responses by content coding (RFC 9110, section 8.4). */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { sizeOfResponse, webGlobals } from "../web/webClasses";

/** Bytes from which a response is compressed. A smaller one saves little time on the network. */
export const MIN_COMPRESSED_BYTES = 16 * 1024;

const COMPRESSIBLE =
  /^(text\/(?!event-stream)|application\/([\w.-]+\+)?(json|javascript|xml)\b|image\/svg\+xml)/;

/** Compresses bytes on another thread. */
export const gzipped = promisify<Uint8Array, Buffer>(gzip);

/** True if a media type, such as `text/html; charset=utf-8`, becomes smaller by compression. A stream of events is never held back. */
export const isCompressible = (type: string): boolean => COMPRESSIBLE.test(type.toLowerCase());

/** True if an `Accept-Encoding` header accepts gzip. A weight of 0 refuses it. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  const weights = new Map<string, boolean>();
  for (const item of header.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = item.split(";").map((text) => text.trim());
    weights.set(coding, !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter)));
  }
  return weights.get("gzip") ?? weights.get("*") ?? false;
}

/**
 * Compresses a large response of a function if the client accepts gzip.
 *
 * These are sent unchanged:
 * - a response with a strong `ETag`, because compression changes the bytes that the tag identifies. `If-Match` would fail with a
 *   weakened tag. A weak `ETag` stays valid.
 * - a `no-store` response, because the size of a compressed secret beside text from the request reveals parts of the secret
 *   (BREACH).
 * - a stream, because compression would hold parts of it back.
 *
 * @param accepted The request's `Accept-Encoding` header.
 */
export function compressResponse(
  response: Response,
  accepted: string | undefined,
): Response | Promise<Response> {
  const size = sizeOfResponse(response);
  if (size === undefined || size < MIN_COMPRESSED_BYTES || !mayCompress(response)) return response;
  const varies = response.headers.get("vary")?.toLowerCase().includes("accept-encoding") === true;
  if (!varies) response.headers.append("vary", "Accept-Encoding");
  return acceptsGzip(accepted) ? compressed(response) : response;
}

async function compressed(response: Response): Promise<Response> {
  const body = await gzipped(new Uint8Array(await response.arrayBuffer()));
  const headers = new Headers(response.headers);
  headers.set("content-encoding", "gzip");
  headers.set("content-length", String(body.length));
  const { status, statusText } = response;
  return new webGlobals.Response(new Uint8Array(body), { status, statusText, headers });
}

function mayCompress({ status, headers }: Response): boolean {
  const tag = headers.get("etag");
  return (
    status === 200 &&
    isCompressible(headers.get("content-type") ?? "") &&
    (tag === null || tag.startsWith("W/")) &&
    !headers.has("content-encoding") &&
    !headers.has("accept-ranges") &&
    !/no-store|no-transform/i.test(headers.get("cache-control") ?? "")
  );
}
