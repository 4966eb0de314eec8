/** Files that the port of the HTTP actions answers itself, before functions are asked: what is too large to be one. */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { onResponseEnd } from "./responseEnd";

export interface Asset {
  /** The whole path under which it is found. Functions are not asked there. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly type: string;
  /** The strong `ETag`, quotes included: another one for other bytes. */
  readonly etag: string;
}

/**
 * Answers a request for one of the files.
 *
 * @returns false for a request that is none of them; nothing has been done with it then.
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
    // A page that another host name leads to asks for it across origins.
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
