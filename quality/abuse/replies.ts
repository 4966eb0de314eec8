/** Parses HTTP/1.1 replies from the bytes of a connection. */

export type Reply = { status: number; headers: [name: string, value: string][]; body: Buffer };

/** A malformed reply. */
class BadReply extends Error {}

/**
 * Reads the first reply. Skips interim replies (1xx).
 *
 * @param method the method of the request, which decides whether the reply has a body.
 * @param ended whether the connection has ended.
 * @returns the reply and the bytes after it, or undefined if the reply is incomplete.
 * @throws BadReply if the reply is malformed.
 */
export function readReply(
  received: Buffer,
  method: string,
  ended: boolean,
): { reply: Reply; rest: Buffer } | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [first = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(first)?.[1]);
  if (!status) throw new BadReply(`a reply begins with ${JSON.stringify(first.slice(0, 100))}`);
  const after = received.subarray(end + 4);
  if (status < 200) return readReply(after, method, ended);
  const headers = lines.map((line): [string, string] => {
    // RFC 9110, section 5.5: visible characters, with spaces and tabs between them.
    const [, name = "", value = ""] =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    if (name === "") throw new BadReply(`a reply has the header ${JSON.stringify(line.slice(0, 100))}`);
    return [name.toLowerCase(), value];
  });
  const found = bodyOf(after, { method, status, headers, ended });
  return found && { reply: { status, headers, body: found.body }, rest: found.rest };
}

type Head = { method: string; status: number; headers: [string, string][]; ended: boolean };

function bodyOf(
  after: Buffer,
  { method, status, headers, ended }: Head,
): { body: Buffer; rest: Buffer } | undefined {
  const header = (wanted: string) => headers.find(([name]) => name === wanted)?.[1];
  if (method === "HEAD" || status === 204 || status === 304) return { body: Buffer.alloc(0), rest: after };
  if (header("transfer-encoding") === "chunked") return chunked(after);
  const length = header("content-length");
  if (length === undefined) return ended ? { body: after, rest: Buffer.alloc(0) } : undefined;
  const size = Number(length);
  return after.length < size ? undefined : { body: after.subarray(0, size), rest: after.subarray(size) };
}

function chunked(text: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = text.indexOf("\r\n", at);
    if (end === -1) return undefined;
    const size = parseInt(text.subarray(at, end).toString("latin1"), 16);
    if (Number.isNaN(size)) throw new BadReply("a reply has a chunk without a size");
    at = end + 2 + size + 2;
    if (text.length < at) return undefined;
    parts.push(text.subarray(end + 2, at - 2));
    if (size === 0) return { body: Buffer.concat(parts), rest: text.subarray(at) };
  }
}
