import type { Doc } from "../../_generated/dataModel";
import { attachment } from "../../lib/contentDisposition.lib";
import { fail } from "../../lib/failure.lib";
import { parseRange } from "../../lib/range.lib";

type Download = {
  status: 200 | 206;
  headers: Record<string, string>;
  /** The first and the last byte of the reply. */
  start: number;
  end: number;
};

/**
 * Describes the reply to a request for a file's bytes: the whole, or one range of it (RFC 9110, section 14). HEAD has no
 * ranges. `If-Range` with another tag than the file's asks for the whole.
 *
 * @throws ConvexError `range_not_satisfiable` for a range outside the file.
 */
export function describeDownload(file: Doc<"files">, request: Request, etag: string): Download {
  const { size, name, contentType } = file;
  const current = request.headers.get("If-Range") ?? etag;
  const asked = request.method === "GET" && current === etag ? request.headers.get("Range") : null;
  const range = parseRange(asked ?? undefined, size);
  if (range === "unsatisfiable") {
    fail("range_not_satisfiable", `Range: the file has ${size} bytes`, {
      headers: { "Content-Range": `bytes */${size}` },
    });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  return {
    status: range ? 206 : 200,
    headers: {
      "Content-Type": contentType,
      "Content-Length": String(end - start + 1),
      "Content-Disposition": attachment(name),
      "Accept-Ranges": "bytes",
      ETag: etag,
      ...(range && { "Content-Range": `bytes ${start}-${end}/${size}` }),
    },
    start,
    end,
  };
}
