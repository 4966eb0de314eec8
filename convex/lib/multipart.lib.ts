/**
 * Reads the one file of a `multipart/form-data` body (RFC 7578). It has a parser of its own for two reasons: `formData()`
 * copies the file, while a Convex isolate has 64 MiB for all buffers, and it does not say what is wrong with a body.
 */
import { failField } from "./failure.lib";
import { parseMediaType } from "./mediaType.lib";

export type FormFile = {
  /** A view of the body, not a copy. */
  bytes: Uint8Array<ArrayBuffer>;
  /** As the part names it; `application/octet-stream` if the part names none. */
  contentType: string;
  /** Without folders; absent if the part names none. */
  name?: string;
};

/** Code points of the longest file name, as in `POST /api/files`. */
const MAX_NAME = 200;
/** Bytes of the headers of one part. */
const MAX_HEADERS = 16 * 1024;

const CR = 13;
const LF = 10;
const DASH = 45;

/**
 * Finds the file in a form that holds exactly one file and nothing else. A text field is refused like an unknown field of a
 * JSON body: a client that sends `visibility` there would otherwise publish a private file.
 *
 * The search takes linear time, and ends at the second part.
 *
 * @param header The request's `Content-Type`, which names the boundary.
 * @throws ConvexError `invalid_request`, which names what is wrong with the form.
 */
export function fileOfForm(body: Uint8Array<ArrayBuffer>, header: string): FormFile {
  const boundary = parseMediaType(header)?.parameters.find(
    ([name]) => name.toLowerCase() === "boundary",
  )?.[1];
  if (boundary === undefined || !/^[\x20-\x7e]{0,69}[\x21-\x7e]$/.test(boundary)) {
    failField({ in: "header", path: "Content-Type", message: "must name the boundary of its form" });
  }
  const delimiter = Uint8Array.from(`--${boundary}`, (sign) => sign.charCodeAt(0));
  let at = body[0] === CR && body[1] === LF ? 2 : 0;
  const first = matches(body, at, delimiter) ? afterDelimiter(body, at + delimiter.length) : undefined;
  if (!first) wrong("must begin with the boundary that its Content-Type names");
  if (first.isLast) noFile();

  const { disposition, type, start } = partHeaders(body, first.next);
  const end = nextDelimiter(body, start, delimiter);
  if (!end) wrong("breaks off: the last boundary is missing");
  if (disposition.fileName === undefined) unknownField(disposition.name);
  if (!end.isLast) {
    const other = partHeaders(body, end.next).disposition;
    if (other.fileName === undefined) unknownField(other.name);
    wrong("must hold exactly one file, and holds more");
  }
  at = end.next;
  if (body[at] === CR && body[at + 1] === LF) at += 2;
  if (at !== body.length) wrong("must end with its last boundary");
  const name = cleanName(disposition.fileName);
  return {
    bytes: body.subarray(start, end.from),
    contentType: type ?? "application/octet-stream",
    ...(name !== undefined && { name }),
  };
}

type Delimiter = { from: number; next: number; isLast: boolean };

/** The next delimiter from a position on, with the line break before it. `from` is where the part's bytes end. */
function nextDelimiter(body: Uint8Array, position: number, delimiter: Uint8Array): Delimiter | undefined {
  // A part without bytes has its delimiter right after the empty line, whose line break belongs to the delimiter too.
  for (let at = body.indexOf(CR, position - 2); at !== -1; at = body.indexOf(CR, at + 1)) {
    if (body[at + 1] !== LF || !matches(body, at + 2, delimiter)) continue;
    const end = afterDelimiter(body, at + 2 + delimiter.length);
    if (end) return { from: Math.max(at, position), ...end };
  }
  return undefined;
}

/** Reads the end of a delimiter: `--` after the last part, else a line break. Undefined for other text: not a delimiter then. */
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

/** Reads the headers of a part. `start` is where its bytes begin. */
function partHeaders(body: Uint8Array, position: number) {
  const block = body.subarray(position, position + MAX_HEADERS);
  let length = 0;
  while (length !== -1 && !(block[length] === CR && block[length + 1] === LF && isBreak(block, length + 2))) {
    length = block.indexOf(CR, length + 1);
  }
  if (length === -1) {
    wrong(
      block.length < MAX_HEADERS
        ? "breaks off within the headers of a part"
        : `has a part with more than ${MAX_HEADERS} bytes of headers`,
    );
  }
  const headers = new Map<string, string>();
  for (const line of utf8(block.subarray(0, length)).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1 || /[\s\0]/.test(line.slice(0, colon))) wrong("has a part with a malformed header");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const coding = headers.get("content-transfer-encoding")?.toLowerCase() ?? "binary";
  if (!["binary", "8bit", "7bit"].includes(coding)) wrong("must not have a Content-Transfer-Encoding");
  const type = headers.get("content-type");
  if (type !== undefined && parseMediaType(type) === undefined) {
    wrong("has a part whose Content-Type is not a media type, such as image/png");
  }
  return {
    disposition: readDisposition(headers.get("content-disposition") ?? ""),
    type,
    start: position + length + 4,
  };
}

const isBreak = (bytes: Uint8Array, at: number) => bytes[at] === CR && bytes[at + 1] === LF;

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return wrong("has a part whose headers are not UTF-8: encode the file name as UTF-8");
  }
}

/** One parameter. In a quoted value a backslash escapes a quote or a backslash, and is otherwise itself, as old browsers send it. */
const PARAMETER = /\s*;\s*([\w!#$&^.+*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))/y;

function readDisposition(header: string): { name: string | undefined; fileName: string | undefined } {
  const kind = /^form-data(?=\s*(?:;|$))/i.exec(header)?.[0];
  const parameters = new Map<string, string>();
  let at = kind?.length ?? 0;
  for (PARAMETER.lastIndex = at; at < header.length; at = PARAMETER.lastIndex) {
    const found = PARAMETER.exec(header);
    if (!found) break;
    const [, name = "", quoted, token = ""] = found;
    if (parameters.has(name.toLowerCase())) wrong(`has a part with two parameters ${name}`);
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(["\\])/g, "$1") ?? token);
  }
  if (kind === undefined || !["", ";"].includes(header.slice(at).trim())) {
    wrong('has a part without a well-formed Content-Disposition: form-data; name="…"');
  }
  const extended = parameters.get("filename*");
  return {
    name: parameters.get("name"),
    fileName: extended === undefined ? percentless(parameters.get("filename")) : extendedValue(extended),
  };
}

/** Browsers write a quote and line breaks in a name as `%22`, `%0D` and `%0A`, and nothing else (HTML standard). */
const percentless = (text: string | undefined) =>
  text?.replaceAll(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** Decodes `UTF-8''na%C3%AFve.txt` (RFC 8187). RFC 7578 forbids this form, and some clients send it. */
function extendedValue(text: string): string {
  const value = /^utf-8'[^']*'(.*)$/i.exec(text)?.[1];
  try {
    if (value !== undefined) return decodeURIComponent(value);
  } catch {
    // Refused below.
  }
  return wrong("has a filename* that is not UTF-8 in percent-encoding (RFC 8187)");
}

/** The name without the folders that some clients send (RFC 7578, section 4.2). */
function cleanName(fileName: string): string | undefined {
  const name = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1).trim();
  if (/\p{Cc}/u.test(name)) wrong("has a file name with a control character");
  if (Array.from(name.slice(0, 2 * MAX_NAME + 2)).length > MAX_NAME) {
    wrong(`has a file name of more than ${MAX_NAME} characters`);
  }
  return ["", ".", ".."].includes(name) ? undefined : name;
}

function unknownField(name = ""): never {
  const message = "is not a known field: the form takes one file, and visibility stands in the query";
  failField({ in: "body", path: name.slice(0, MAX_NAME), message });
}

function noFile(): never {
  wrong("must hold exactly one file, and holds none");
}

function wrong(message: string): never {
  failField({ in: "body", path: "", message });
}
