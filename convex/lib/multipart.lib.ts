/**
 * Parses a `multipart/form-data` body (RFC 7578) that contains exactly one file. `Request.formData()` is not used for two
 * reasons: it copies the file, while a Convex isolate has 64 MiB for all buffers, and its errors do not say what is wrong
 * with a body.
 */
import { failField } from "./failure.lib";
import { decodeUtf8 } from "./json.lib";
import { parseMediaType } from "./mediaType.lib";

export type FormFile = {
  /** A view of the body, not a copy. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The `Content-Type` of the part, or `application/octet-stream` if the part has none. */
  contentType: string;
  /** The file name without folders; absent if the part has none. */
  name?: string;
};

/** The maximum length of a file name in code points, as in `POST /api/files`. */
const MAX_NAME = 200;
/** The maximum size of the headers of one part, in bytes. */
const MAX_HEADERS = 16 * 1024;

const CR = 13;
const LF = 10;
const DASH = 45;

/**
 * Returns the file of a form that contains exactly one file and no other field. Refuses text fields, as JSON bodies refuse
 * unknown fields: if a field `visibility` were ignored, a file that the client meant to be private would become public.
 *
 * The search takes linear time, and ends at the second part.
 *
 * @param header The request's `Content-Type`, which contains the boundary.
 * @throws ConvexError `invalid_request` with a message that names the fault of the form.
 */
export function fileOfForm(body: Uint8Array<ArrayBuffer>, header: string): FormFile {
  const { delimiter, first } = begin(body, header);
  if (first.isLast) refuseEmptyForm();

  const { disposition, type, start } = partHeaders(body, first.next);
  const end = nextDelimiter(body, start, delimiter);
  if (!end) refuse("is incomplete: the last boundary is missing");
  if (disposition.fileName === undefined) refuseField(disposition.name);
  if (!end.isLast) {
    const other = partHeaders(body, end.next).disposition;
    if (other.fileName === undefined) refuseField(other.name);
    refuse("must contain exactly one file, but contains more");
  }
  requireEnd(body, end.next);
  const name = cleanName(disposition.fileName);
  return {
    bytes: body.subarray(start, end.from),
    contentType: type ?? "application/octet-stream",
    ...(name !== undefined && { name }),
  };
}

export type FormPart = {
  name: string;
  /** A view of the body, not a copy. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The `Content-Type` of the part, or `application/octet-stream` if the part has none. */
  contentType: string;
  /** The file name without folders; empty if a file has none, and absent for a text field. */
  fileName?: string;
};

/**
 * Returns the parts of a form, in order. The search takes linear time.
 *
 * @param header The request's `Content-Type`, which contains the boundary.
 * @throws ConvexError `invalid_request` for a malformed form, and for more than `maxParts` parts.
 */
export function partsOfForm(body: Uint8Array<ArrayBuffer>, header: string, maxParts: number): FormPart[] {
  const { delimiter, first } = begin(body, header);
  const parts: FormPart[] = [];
  let at = first;
  while (!at.isLast) {
    if (parts.length === maxParts) refuse(`must have at most ${maxParts} parts`);
    const { disposition, type, start } = partHeaders(body, at.next);
    const end = nextDelimiter(body, start, delimiter);
    if (!end) refuse("is incomplete: the last boundary is missing");
    const { name, fileName } = disposition;
    if (name === undefined) refuse("has a part without a name");
    parts.push({
      name,
      bytes: body.subarray(start, end.from),
      contentType: type ?? "application/octet-stream",
      ...(fileName !== undefined && { fileName: cleanName(fileName) ?? "" }),
    });
    at = end;
  }
  requireEnd(body, at.next);
  return parts;
}

/** Finds the first delimiter of a form. */
function begin(body: Uint8Array, header: string) {
  const boundary = parseMediaType(header)?.parameters.find(
    ([name]) => name.toLowerCase() === "boundary",
  )?.[1];
  if (boundary === undefined || !/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) {
    failField({ in: "header", path: "Content-Type", message: "must have the parameter boundary" });
  }
  const delimiter = Uint8Array.from(`--${boundary}`, (character) => character.charCodeAt(0));
  const at = body[0] === CR && body[1] === LF ? 2 : 0;
  const first = matches(body, at, delimiter) ? afterDelimiter(body, at + delimiter.length) : undefined;
  if (!first) refuse("must begin with the boundary from the Content-Type header");
  return { delimiter, first };
}

/** Refuses anything but one line break after the last delimiter. */
function requireEnd(body: Uint8Array, next: number): void {
  const at = body[next] === CR && body[next + 1] === LF ? next + 2 : next;
  if (at !== body.length) refuse("must end with its last boundary");
}

type Delimiter = { from: number; next: number; isLast: boolean };

/**
 * Returns the first delimiter at or after a position, including the line break before it. `from` is the offset of the end of the
 * part's bytes, and `next` the offset after the delimiter.
 */
function nextDelimiter(body: Uint8Array, position: number, delimiter: Uint8Array): Delimiter | undefined {
  // In an empty part, the delimiter follows the empty line directly, and shares its line break.
  for (let at = body.indexOf(CR, position - 2); at !== -1; at = body.indexOf(CR, at + 1)) {
    if (body[at + 1] !== LF || !matches(body, at + 2, delimiter)) continue;
    const end = afterDelimiter(body, at + 2 + delimiter.length);
    if (end) return { from: Math.max(at, position), ...end };
  }
  return undefined;
}

/**
 * Parses the end of a delimiter: `--` after the last part, otherwise a line break. Returns undefined for any other text, which
 * means that the text before it is not a delimiter.
 */
function afterDelimiter(body: Uint8Array, position: number): { next: number; isLast: boolean } | undefined {
  if (body[position] === DASH && body[position + 1] === DASH) return { next: position + 2, isLast: true };
  return body[position] === CR && body[position + 1] === LF
    ? { next: position + 2, isLast: false }
    : undefined;
}

function matches(body: Uint8Array, position: number, text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) if (body[position + at] !== text[at]) return false;
  return true;
}

/** Parses the headers of a part. `start` is the offset of the part's bytes. */
function partHeaders(body: Uint8Array, position: number) {
  const block = body.subarray(position, position + MAX_HEADERS);
  let length = 0;
  while (length !== -1 && !(block[length] === CR && block[length + 1] === LF && isBreak(block, length + 2))) {
    length = block.indexOf(CR, length + 1);
  }
  if (length === -1) {
    refuse(
      block.length < MAX_HEADERS
        ? "is incomplete: it ends within the headers of a part"
        : `has a part with more than ${MAX_HEADERS} bytes of headers`,
    );
  }
  const headers = new Map<string, string>();
  for (const line of utf8(block.subarray(0, length)).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1 || /[\s\0]/.test(line.slice(0, colon))) refuse("has a part with a malformed header");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const coding = headers.get("content-transfer-encoding")?.toLowerCase() ?? "binary";
  if (!["binary", "8bit", "7bit"].includes(coding)) refuse("must not have a Content-Transfer-Encoding");
  const type = headers.get("content-type");
  if (type !== undefined && parseMediaType(type) === undefined) {
    refuse("has a part whose Content-Type is not a media type, such as image/png");
  }
  return {
    disposition: readDisposition(headers.get("content-disposition") ?? ""),
    type,
    start: position + length + 4,
  };
}

const isBreak = (bytes: Uint8Array, at: number) => bytes[at] === CR && bytes[at + 1] === LF;

function utf8(bytes: Uint8Array): string {
  return (
    decodeUtf8(bytes, true) ?? refuse("has a part whose headers are not UTF-8: encode the file name as UTF-8")
  );
}

/**
 * Matches one parameter. In a quoted value, a backslash escapes only a quote or a backslash. Before any other character it is
 * literal, because old browsers send unescaped paths such as `C:\fakepath\a.txt`.
 */
const PARAMETER = /\s*;\s*([\w!#$&^.+*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))/y;

function readDisposition(header: string): { name: string | undefined; fileName: string | undefined } {
  const kind = /^form-data(?=\s*(?:;|$))/i.exec(header)?.[0];
  const parameters = new Map<string, string>();
  let at = kind?.length ?? 0;
  for (PARAMETER.lastIndex = at; at < header.length; at = PARAMETER.lastIndex) {
    const found = PARAMETER.exec(header);
    if (!found) break;
    const [, name = "", quoted, token = ""] = found;
    if (parameters.has(name.toLowerCase())) refuse(`has a part with two parameters ${name}`);
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(["\\])/g, "$1") ?? token);
  }
  if (kind === undefined || !["", ";"].includes(header.slice(at).trim())) {
    refuse('has a part without a well-formed Content-Disposition: form-data; name="…"');
  }
  const extended = parameters.get("filename*");
  return {
    name: parameters.get("name"),
    fileName: extended === undefined ? decodeFileName(parameters.get("filename")) : decodeExtended(extended),
  };
}

/** Decodes `%22`, `%0D` and `%0A`. Browsers percent-encode only quotes and line breaks in a name (HTML standard). */
const decodeFileName = (text: string | undefined) =>
  text?.replaceAll(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** Decodes `UTF-8''na%C3%AFve.txt` (RFC 8187). RFC 7578 forbids this form, but some clients send it. */
function decodeExtended(text: string): string {
  const value = /^utf-8'[^']*'(.*)$/i.exec(text)?.[1];
  try {
    if (value !== undefined) return decodeURIComponent(value);
  } catch {
    // Refused below.
  }
  return refuse("has a filename* that is not UTF-8 in percent-encoding (RFC 8187)");
}

/**
 * Returns the name without the folders that some clients send (RFC 7578, section 4.2). Returns undefined if the rest is not a
 * name.
 */
function cleanName(fileName: string): string | undefined {
  const name = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1).trim();
  if (/\p{Cc}/u.test(name)) refuse("has a file name with a control character");
  if (Array.from(name.slice(0, 2 * MAX_NAME + 2)).length > MAX_NAME) {
    refuse(`has a file name of more than ${MAX_NAME} characters`);
  }
  return ["", ".", ".."].includes(name) ? undefined : name;
}

function refuseField(name = ""): never {
  const message = "is not a known field: send only the file in the form, and visibility in the query";
  failField({ in: "body", path: name.slice(0, MAX_NAME), message });
}

function refuseEmptyForm(): never {
  refuse("must contain exactly one file, but contains none");
}

function refuse(message: string): never {
  failField({ in: "body", path: "", message });
}
