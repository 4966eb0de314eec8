/**
 * Sends a request with `node:http` and `node:https`, which allow a lookup of one's own, and returns the reply as `fetch` does.
 *
 * It rejects as Node's `fetch` does: with the reason of the signal, or with a `TypeError` whose `cause` is the error of the connection.
 */
import { request as httpRequest, type Agent as HttpAgent, type IncomingMessage } from "node:http";
import { request as httpsRequest, type Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import { pipeline, type Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** The most bytes of a request body, and of a response body after decompression. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024;
/** Milliseconds without data after which a connection is closed, as in Node's `fetch`. */
const IDLE_MS = 300_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WITHOUT_BODY = new Set([204, 205, 304]);
/** Headers of the connection, which the caller does not choose. */
const CONNECTION_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** As in Node's `fetch`, the end of the stream may be missing. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(LENIENT),
  "x-gzip": () => createGunzip(LENIENT),
  deflate: () => createInflate(LENIENT),
  br: () => createBrotliDecompress(LENIENT_BROTLI),
};

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Sends a request. Redirects are not followed: unless the mode is `manual`, a redirect is an error. */
export async function nodeFetch(request: Request, agents: Agents): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  const { protocol } = new URL(request.url);
  if (protocol !== "http:" && protocol !== "https:")
    throw fetchFailed(new Error(`the scheme ${protocol} is not supported`));
  const body = await bodyOf(request);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const secure = protocol === "https:";
    const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
      method: request.method,
      headers: headersOf(request, body),
      agent: secure ? agents.https : agents.http,
      timeout: IDLE_MS,
      servername: serverName(request.url),
    });
    let incoming: IncomingMessage | undefined;
    const end = (reason: unknown): void => void (incoming ?? outgoing).destroy(reason as Error);
    const abort = (): void => {
      reject(signal.reason as Error);
      end(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    outgoing.on("close", () => signal.removeEventListener("abort", abort));
    outgoing.on("timeout", () => end(new Error(`no data for ${IDLE_MS / 1000} s`)));
    outgoing.on("error", (error) => reject(fetchFailed(error)));
    outgoing.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(fetchFailed(new Error("the server switched protocols")));
    });
    outgoing.on("response", (response) => {
      incoming = response;
      try {
        resolve(responseOf(request, response));
      } catch (error) {
        reject(fetchFailed(error));
        end(error);
      }
    });
    outgoing.end(body ?? undefined);
  });
}

export function fetchFailed(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

/** Returns the name that the certificate must have. An address has none in the handshake (RFC 6066, section 3). */
function serverName(url: string): string {
  const { hostname } = new URL(url);
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? hostname : "";
}

function headersOf(request: Request, body: Buffer | null): Record<string, string> {
  const headers = new Headers({ accept: "*/*", "accept-encoding": "gzip, br", "user-agent": "node" });
  request.headers.forEach((value, name) => headers.set(name, value));
  for (const name of CONNECTION_HEADERS) headers.delete(name);
  if (body !== null || request.method === "POST" || request.method === "PUT")
    headers.set("content-length", String(body?.length ?? 0));
  return Object.fromEntries(headers);
}

/** Reads the body of a request. @throws TypeError if it is longer than `MAX_BODY_BYTES`. */
async function bodyOf({ body }: Request): Promise<Buffer | null> {
  if (body === null) return null;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw fetchFailed(tooLong());
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const tooLong = (): Error => new Error(`the body is longer than ${MAX_BODY_BYTES} bytes`);

/** @throws Error if the reply is a redirect that the mode does not allow, or cannot be a `Response`. */
function responseOf(request: Request, incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = "", rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  if (request.redirect !== "manual" && REDIRECTS.has(status) && headers.has("location"))
    throw new Error("redirects are not followed");
  const empty = WITHOUT_BODY.has(status) || request.method === "HEAD";
  const body = empty ? null : streamOf(request.signal, incoming, headers.get("content-encoding"));
  const response = new Response(body, { status, statusText, headers });
  Object.defineProperty(response, "url", { value: request.url });
  // A connection can be used again only if the body has been read. A body after 205 may be endless.
  if (empty && status === 205) incoming.destroy();
  else if (empty) incoming.resume();
  return response;
}

/** Returns the decoded body as a stream that reads from the connection only on demand. */
function streamOf(
  signal: AbortSignal,
  incoming: IncomingMessage,
  encoding: string | null,
): ReadableStream<Uint8Array> {
  const decoded = decode(incoming, encoding);
  const parts = decoded[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let bytes = 0;
  let cancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const part = await parts.next();
          if (cancelled) return;
          if (part.done === true) {
            controller.close();
            return;
          }
          bytes += part.value.length;
          if (bytes > MAX_BODY_BYTES) throw tooLong();
          controller.enqueue(new Uint8Array(part.value));
        } catch (error) {
          incoming.destroy();
          controller.error(signal.aborted ? signal.reason : new TypeError("terminated", { cause: error }));
        }
      },
      cancel() {
        cancelled = true;
        incoming.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Undoes the content codings. A coding that is not known stays. */
function decode(incoming: IncomingMessage, encoding: string | null): Readable {
  const codings = (encoding ?? "")
    .toLowerCase()
    .split(",", 5)
    .map((coding) => coding.trim());
  let decoded: Readable = incoming;
  for (const coding of codings.reverse()) {
    const decoder = DECODERS[coding]?.();
    if (decoder === undefined) break;
    // The reader of the last stream gets the error.
    decoded = pipeline(decoded, decoder, () => undefined);
  }
  return decoded;
}
