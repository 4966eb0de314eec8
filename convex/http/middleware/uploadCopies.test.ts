/** How many copies of an upload are in memory: Convex gives 64 MiB to all buffers of an isolate. */
import { afterEach, expect, test, vi } from "vitest";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";

const SIZE = 19 * 1024 * 1024;

afterEach(() => vi.restoreAllMocks());

/** Records each step that reads or copies at least this many bytes, in order. */
function steps(size: number): string[] {
  const found: string[] = [];
  const note = (what: string, bytes: number): void => {
    if (bytes >= size) found.push(what);
  };
  for (const type of [Request, Response] as const) {
    const read = Reflect.get(type.prototype, "arrayBuffer");
    vi.spyOn(type.prototype, "arrayBuffer").mockImplementation(async function (this: Body) {
      const bytes = await read.call(this);
      note(`${type.name} is copied`, bytes.byteLength);
      return bytes;
    });
  }
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "digest").mockImplementation((algorithm, data) => {
    note("hash", data.byteLength);
    return digest(algorithm, data);
  });
  class Noted extends Blob {
    constructor(parts?: BlobPart[], options?: BlobPropertyBag) {
      super(parts, options);
      note("Blob is made", this.size);
    }
  }
  vi.stubGlobal("Blob", Noted);
  return found;
}

/** A form with a file of this many bytes. */
function form(size: number): Uint8Array<ArrayBuffer> {
  const head =
    '--X\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n';
  return new Uint8Array(Buffer.concat([Buffer.from(head), Buffer.alloc(size), Buffer.from("\r\n--X--\r\n")]));
}

const BODIES = {
  bytes: { type: "image/png", body: new Uint8Array(SIZE) },
  form: { type: "multipart/form-data; boundary=X", body: form(SIZE) },
};

test.each([
  [
    "bytes",
    "with an Idempotency-Key",
    { "Idempotency-Key": "a" },
    ["Request is copied", "hash", "Blob is made"],
  ],
  [
    "form",
    "with an Idempotency-Key",
    { "Idempotency-Key": "a" },
    ["Request is copied", "hash", "Blob is made"],
  ],
  ["bytes", "without one", {}, ["Request is copied", "Blob is made"]],
  ["form", "without one", {}, ["Request is copied", "Blob is made"]],
] as const)(
  "an upload as %s %s is in memory twice at most, and hashed before the Blob is made",
  async (kind, _, more, expected) => {
    const { type, body } = BODIES[kind];
    const { key, answers } = await goodKey();
    const recorded = (args: unknown) => ({
      result: {
        ...(args as object),
        _creationTime: 0,
        size: SIZE,
        sha256: "0".repeat(64),
        visibility: "public",
      },
      replayed: false,
    });
    const found = steps(SIZE);
    let beforeStored: string[] = [];
    const store = () => {
      beforeStored = [...found];
      return Promise.resolve("kg2dw3v8s1x8w6t4r0pzc5m7h6d" as never);
    };
    const { send } = fakeContext({ ...answers, "files:recordUpload": recorded }, undefined, {
      storage: { store },
    });
    const headers = {
      "X-API-Key": key,
      "Content-Type": type,
      "Content-Length": String(body.length),
      ...more,
    };
    const { status } = await send("/api/upload", { method: "POST", body, headers });
    expect(status).toBe(200);
    expect(beforeStored).toEqual(expected);
  },
);
