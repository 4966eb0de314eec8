/** The metadata of stored files in a snapshot: `_storage/documents.jsonl`. Every field except `_id` is optional. */
import type { Entry } from "yauzl";
import { isUuid } from "../files/filesDisk";
import { mimeOf } from "../files/mime";
import { sha256Of } from "../files/uploadHeaders";
import { decodeId } from "../values/ids";
import { parseObject } from "./documents";
import { isCreationTime } from "./values";
import type { ZipReader } from "../backup/zipReader";

/** The fields of one line, `null` for missing ones. */
export interface Metadata {
  /** Milliseconds since 1970. */
  readonly creationTime: number | null;
  /** Base64. */
  readonly sha256: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly contentType: string | null;
  /** The UUID in its URL. */
  readonly uuid: string | null;
}

export const UNKNOWN: Metadata = {
  creationTime: null,
  sha256: null,
  size: null,
  contentType: null,
  uuid: null,
};

/** Reads the metadata of each file, by id. @throws Error that names the invalid line. */
export async function readMetadata(zip: ZipReader, entry: Entry): Promise<Map<string, Metadata>> {
  const found = new Map<string, Metadata>();
  for await (const line of zip.lines(entry)) {
    const place = `line ${line.number} of ${entry.fileName}`;
    const { _id: id, ...fields } = parseObject(line, entry.fileName);
    if (typeof id !== "string" || decodeId(id) === null) throw new Error(`${place}: its _id is not an id`);
    if (found.has(id)) throw new Error(`${place}: another stored file has the same id, ${id}`);
    found.set(id, metadataOf(fields, place));
  }
  return found;
}

/** Checks the fields as Convex does. A content type must also be valid in a header. */
function metadataOf(fields: Record<string, unknown>, place: string): Metadata {
  const read = <T>(name: string, isOne: (value: unknown) => value is T, what: string): T | null => {
    const value = fields[name] ?? null;
    if (value !== null && !isOne(value)) throw new Error(`${place}: its ${name} is not a ${what}`);
    return value;
  };
  return {
    creationTime: read("_creationTime", isCreationTime, "time"),
    sha256: read("sha256", isText(isDigest), "digest in base64"),
    size: read("size", isSize, "number of bytes"),
    contentType: read(
      "contentType",
      isText((text) => mimeOf(text) !== null),
      "content type",
    ),
    uuid: read("internalId", isText(isUuidOfAnyCase), "UUID")?.toLowerCase() ?? null,
  };
}

function isText(test: (text: string) => boolean): (value: unknown) => value is string {
  return (value): value is string => typeof value === "string" && test(value);
}

function isDigest(text: string): boolean {
  return sha256Of(text) !== null;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isUuidOfAnyCase(text: string): boolean {
  return isUuid(text.toLowerCase());
}
