/** The parts of a request that a mutation may change. All text is latin-1, as it is sent. */
export type Draft = {
  method: string;
  target: string;
  version: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
  /** `Content-Length`, or chunks of this size in bytes, with a chunk extension and trailers (RFC 9112, section 7.1). */
  framing: "length" | { chunk: number; extension: string; trailers: readonly string[] };
};

/** Changes a request. */
export type Mutation = (draft: Draft) => Draft;

/** Serializes a request. */
export function bytesOf({ method, target, version, headers, body, framing }: Draft): Buffer {
  const framed = body ? framedBy(framing, body) : { headers: [], bytes: Buffer.alloc(0) };
  const lines = [...headers, ...framed.headers].map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target} ${version}`, ...lines, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), framed.bytes]);
}

type Framed = { headers: [string, string][]; bytes: Buffer };

function framedBy(framing: Draft["framing"], body: Buffer): Framed {
  if (framing === "length") return { headers: [["Content-Length", String(body.length)]], bytes: body };
  const { chunk, extension, trailers } = framing;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunk) {
    const part = body.subarray(at, at + chunk);
    parts.push(
      Buffer.from(`${part.length.toString(16)}${extension}\r\n`, "latin1"),
      part,
      Buffer.from("\r\n"),
    );
  }
  const end = [`0${extension}`, ...trailers, "", ""].join("\r\n");
  return {
    headers: [["Transfer-Encoding", "chunked"]],
    bytes: Buffer.concat([...parts, Buffer.from(end, "latin1")]),
  };
}
