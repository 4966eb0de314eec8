/** Files that the HTTP action port serves itself, before it calls functions. They are too large to be part of a function. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { acceptsGzip, gzipped, isCompressible } from "./contentCoding";
import { onResponseEnd } from "./responseEnd";

export interface Asset {
  /** The whole path of its URL. Functions never see requests for it. */
  readonly path: string;
  /** Absolute path. */
  readonly file: string;
  readonly type: string;
  /** The strong `ETag`, including its quotes. It changes with the bytes. The compressed file has a tag of its own. */
  readonly etag: string;
}

/**
 * Answers a request for one of the files.
 *
 * @returns false, without touching the request, if it is not for one of the files.
 */
export function answerAsset(
  assets: readonly Asset[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): boolean {
  const path = incoming.url?.split("?", 1)[0];
  const asset = assets.find((one) => one.path === path);
  if (asset === undefined || !(incoming.method === "GET" || incoming.method === "HEAD")) return false;
  const compressible = isCompressible(asset.type);
  const compressed = compressible && acceptsGzip(incoming.headers["accept-encoding"]);
  const etag = compressed ? asset.etag.replace(/"$/, '-gzip"') : asset.etag;
  const headers = {
    etag,
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    // A page under another host name fetches the file across origins.
    "access-control-allow-origin": "*",
    ...(compressible && { vary: "Accept-Encoding" }),
  };
  if (incoming.headers["if-none-match"]?.includes(etag) === true) {
    outgoing.writeHead(304, headers).end();
    return true;
  }
  const typed = { ...headers, "content-type": asset.type };
  if (compressed) void sendCompressed(asset, typed, outgoing);
  else sendFile(asset, typed, outgoing, incoming.method === "HEAD");
  return true;
}

function sendFile(
  asset: Asset,
  headers: OutgoingHttpHeaders,
  outgoing: ServerResponse,
  headOnly: boolean,
): void {
  const bytes = createReadStream(asset.file);
  bytes.once("error", () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(404).end();
  });
  bytes.once("open", () => {
    outgoing.writeHead(200, headers);
    if (!headOnly) {
      bytes.pipe(outgoing);
      return;
    }
    bytes.destroy();
    outgoing.end();
  });
  onResponseEnd(outgoing, () => bytes.destroy());
}

/** The compressed files, which are kept because compressing a file of some megabytes takes long. */
const compressedFiles = new WeakMap<Asset, Promise<Buffer>>();

/** Sends the compressed file. Node omits the body in the response to HEAD. Never rejects. */
async function sendCompressed(
  asset: Asset,
  headers: OutgoingHttpHeaders,
  outgoing: ServerResponse,
): Promise<void> {
  let file = compressedFiles.get(asset);
  if (file === undefined) {
    file = readFile(asset.file).then(gzipped);
    compressedFiles.set(asset, file);
  }
  try {
    const body = await file;
    outgoing
      .writeHead(200, { ...headers, "content-encoding": "gzip", "content-length": body.length })
      .end(body);
  } catch {
    compressedFiles.delete(asset);
    outgoing.writeHead(404).end();
  }
}
