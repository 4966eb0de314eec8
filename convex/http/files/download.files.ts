import type { Doc } from "../../_generated/dataModel";
import { attachment } from "../../lib/contentDisposition.lib";
import { fail } from "../../lib/failure.lib";
import { parseRange } from "../../lib/range.lib";
import "../kit/everyRequest.kit";

type Headers = Record<
  "Content-Type" | "Content-Length" | "Content-Disposition" | "Accept-Ranges" | "ETag",
  string
>;

type Download = (
  { status: 200; headers: Headers } | { status: 206; headers: Headers & { "Content-Range": string } }
) & {
  /** The offsets of the first and the last byte to send, both included. */
  start: number;
  end: number;
};

/**
 * Returns the status, the headers and the bytes of the response to a download: the whole file, or one range of it (RFC 9110,
 * section 14). `Range` is ignored for HEAD, and if `If-Range` does not match the file's tag.
 *
 * @throws ConvexError `range_not_satisfiable` for a range outside the file.
 */
export function describeDownload(file: Doc<"files">, request: Request, etag: string): Download {
  const { size, name, contentType } = file;
  const ifRange = request.headers.get("If-Range") ?? etag;
  const header = request.method === "GET" && ifRange === etag ? request.headers.get("Range") : null;
  const range = parseRange(header ?? undefined, size);
  if (range === "unsatisfiable") {
    fail("range_not_satisfiable", `Range: the file has ${size} bytes`, {
      headers: { "Content-Range": `bytes */${size}` },
    });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const headers = {
    "Content-Type": contentType,
    "Content-Length": String(end - start + 1),
    "Content-Disposition": attachment(name),
    "Accept-Ranges": "bytes",
    ETag: etag,
  };
  if (!range) return { status: 200, headers, start, end };
  return {
    status: 206,
    headers: { ...headers, "Content-Range": `bytes ${start}-${end}/${size}` },
    start,
    end,
  };
}
