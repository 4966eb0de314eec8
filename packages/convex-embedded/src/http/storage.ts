/** Stored files over HTTP: `/api/storage/UUID` downloads a file, `/api/storage/upload` uploads one. */
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { FileStorage } from "../files/fileStorage";
import { Sha256Mismatch } from "../files/fileStorage";
import { isUuid } from "../files/filesDisk";
import type { StoredFile } from "../files/filesTable";
import { mimeOf } from "../files/mime";
import { sha256Of } from "../files/uploadHeaders";
import type { ApiRequest, ApiRoute } from "./api";
import { ApiError, ClientGone, sendJson } from "./api";
import { parseRange } from "./range";
import { isClientGone } from "./responseEnd";

/** A file never changes under its URL, but it may be deleted. As on Convex, only browsers cache it, for 30 days. */
const CACHE_CONTROL = "private, max-age=2592000";

/** Bytes per read of a download. */
const CHUNK_BYTES = 64 * 1024;

export function storageRoutes(files: FileStorage): readonly ApiRoute[] {
  const serve = (request: ApiRequest) => download(files, request);
  const receive = (request: ApiRequest) => upload(files, request);
  return [
    { path: /^\/api\/storage\/upload$/, methods: { POST: receive }, anyOrigin: true },
    { path: /^\/api\/storage\/([^/]*)$/, methods: { GET: serve, HEAD: serve }, anyOrigin: true },
  ];
}

async function upload(files: FileStorage, { incoming, outgoing, query }: ApiRequest): Promise<void> {
  const token = query.get("token");
  if (token === null) throw new ApiError(400, "BadQueryArgs", "The URL has no `token` parameter.");
  const checked = files.checkToken(token);
  if (checked.state !== "valid") throw refusedToken(checked.state);
  const { component } = checked;
  const { contentType, sha256 } = describedBy(incoming);
  try {
    const storageId = await files.save(bodyOf(incoming), { component, contentType, sha256 });
    sendJson(outgoing, 200, { storageId });
  } catch (error) {
    if (error instanceof Sha256Mismatch) throw new ApiError(400, "Sha256Mismatch", error.message);
    if (isClientGone(incoming, error)) throw new ClientGone();
    throw error;
  }
}

function refusedToken(state: "invalid" | "expired"): ApiError {
  return state === "expired"
    ? new ApiError(401, "StorageTokenExpired", "Store File Authorization expired")
    : new ApiError(401, "StorageTokenInvalid", "Couldn't decode the StoreFileAuthorization token");
}

/** Iterates over the body. If storing fails, the socket stays open for the response. */
function bodyOf(incoming: IncomingMessage): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) };
}

function describedBy({ headers }: IncomingMessage): {
  contentType: string | null;
  sha256: Buffer | undefined;
} {
  const sent = headers["content-type"]?.trim();
  const contentType = sent === undefined ? null : mimeOf(sent);
  if (sent !== undefined && contentType === null) throw badHeader("content-type");
  const given = headers["digest"];
  if (given === undefined) return { contentType, sha256: undefined };
  const digest = typeof given === "string" && given.startsWith("sha-256=") ? sha256Of(given.slice(8)) : null;
  if (digest === null) throw badHeader("digest");
  return { contentType, sha256: digest };
}

function badHeader(name: string): ApiError {
  return new ApiError(400, "BadHeader", `Bad header for ${name}: invalid HTTP header`);
}

async function download(files: FileStorage, { incoming, outgoing, captured }: ApiRequest): Promise<void> {
  const uuid = (captured[0] ?? "").toLowerCase();
  if (!isUuid(uuid)) {
    throw new ApiError(
      400,
      "InvalidStoragePath",
      `Invalid storage path: "${captured[0] ?? ""}". Please use \`storage.getUrl()\` to generate a valid URL to ` +
        "retrieve files. See https://docs.convex.dev/file-storage/serve-files for more details",
    );
  }
  const found = files.committed((reader) => {
    const file = files.byUuid(reader, uuid);
    // Hold it within the same tick; later it may already be deleted.
    return file && { file, release: files.hold(file) };
  });
  if (found === null) throw new ApiError(404, "FileNotFound", `File ${uuid} not found`);
  try {
    await send(files, found.file, incoming, outgoing);
  } finally {
    found.release();
  }
}

async function send(
  files: FileStorage,
  file: StoredFile,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { size, sha256, contentType } = file;
  const etag = `"${Buffer.from(sha256, "base64").toString("hex")}"`;
  outgoing.setHeader("accept-ranges", "bytes");
  outgoing.setHeader("cache-control", CACHE_CONTROL);
  outgoing.setHeader("etag", etag);
  if (matches(incoming.headers["if-none-match"], etag)) {
    outgoing.writeHead(304).end();
    return;
  }
  const range = incoming.method === "GET" ? parseRange(rangeOf(incoming, etag), size) : "whole";
  if (range === "unsatisfiable") {
    const headers = { "content-range": `bytes */${size}` };
    throw new ApiError(416, "RangeNotSatisfiable", `The file has ${size} bytes.`, headers);
  }
  const { start, end } = range === "whole" ? { start: 0, end: size - 1 } : range;
  if (contentType !== null) outgoing.setHeader("content-type", contentType);
  outgoing.setHeader("content-length", end - start + 1);
  if (range === "whole") outgoing.setHeader("digest", `sha-256=${sha256}`);
  else outgoing.setHeader("content-range", `bytes ${start}-${end}/${size}`);

  const handle = await openWhole(files, file);
  outgoing.statusCode = range === "whole" ? 200 : 206;
  if (incoming.method === "HEAD" || size === 0) {
    await handle.close();
    outgoing.end();
    return;
  }
  const bytes = handle.createReadStream({ start, end, highWaterMark: CHUNK_BYTES });
  try {
    await pipeline(bytes, outgoing);
  } catch (error) {
    // A client that disconnects is not a server error.
    if (!outgoing.destroyed || (error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE")
      throw error;
  }
}

/** Opens a file whose size is as stored. @throws Error for a truncated or changed file, which must not be served. */
async function openWhole(files: FileStorage, file: StoredFile): Promise<FileHandle> {
  const handle = await files.open(file);
  const { size } = await handle.stat();
  if (size === file.size) return handle;
  await handle.close();
  throw new Error(`The bytes of the file ${file._id} are corrupt: found ${size} of ${file.size}`);
}

/** Returns the `Range` header, or `undefined` if `If-Range` names another entity tag. */
function rangeOf({ headers }: IncomingMessage, etag: string): string | undefined {
  const condition = headers["if-range"];
  return condition === undefined || condition === etag ? headers.range : undefined;
}

/** True if `If-None-Match` names the entity tag, weak or strong. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}
