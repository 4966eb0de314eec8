/** Files that the HTTP action port serves itself, before it calls functions. They are too large to be part of a function. */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { onResponseEnd } from "./responseEnd";

export interface Asset {
  /** The whole path of its URL. Functions never see requests for it. */
  readonly path: string;
  /** Absolute path. */
  readonly file: string;
  readonly type: string;
  /** The strong `ETag`, including its quotes. It changes with the bytes. */
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
  const headers = {
    etag: asset.etag,
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    // A page under another host name fetches the file across origins.
    "access-control-allow-origin": "*",
  };
  if (incoming.headers["if-none-match"]?.includes(asset.etag) === true) {
    outgoing.writeHead(304, headers).end();
    return true;
  }
  const bytes = createReadStream(asset.file);
  bytes.once("error", () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(404).end();
  });
  bytes.once("open", () => {
    outgoing.writeHead(200, { ...headers, "content-type": asset.type });
    if (incoming.method === "GET") {
      bytes.pipe(outgoing);
      return;
    }
    bytes.destroy();
    outgoing.end();
  });
  onResponseEnd(outgoing, () => bytes.destroy());
  return true;
}
