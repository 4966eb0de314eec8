/** The number of copies of an upload in memory. Convex limits all buffers of an isolate together to 64 MiB. */
import { afterEach, expect, test, vi } from "vitest";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";

const SIZE = 19 * 1024 * 1024;

afterEach(() => vi.restoreAllMocks());

/** Records each step that reads or copies at least this many bytes, in order. */
function steps(size: number): string[] {
  const found: string[] = [];
  const record = (what: string, bytes: number): void => {
    if (bytes >= size) found.push(what);
  };
  for (const type of [Request, Response] as const) {
    const read = Reflect.get(type.prototype, "arrayBuffer");
    vi.spyOn(type.prototype, "arrayBuffer").mockImplementation(async function (this: Body) {
      const bytes = await read.call(this);
      record(`${type.name} is copied`, bytes.byteLength);
      return bytes;
    });
  }
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "digest").mockImplementation((algorithm, data) => {
    record("hash", data.byteLength);
    return digest(algorithm, data);
  });
  class RecordedBlob extends Blob {
    constructor(parts?: BlobPart[], options?: BlobPropertyBag) {
      super(parts, options);
      record("Blob is created", this.size);
    }
  }
  vi.stubGlobal("Blob", RecordedBlob);
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
    ["Request is copied", "hash", "Blob is created"],
  ],
  [
    "form",
    "with an Idempotency-Key",
    { "Idempotency-Key": "a" },
    ["Request is copied", "hash", "Blob is created"],
  ],
  ["bytes", "without an Idempotency-Key", {}, ["Request is copied", "Blob is created"]],
  ["form", "without an Idempotency-Key", {}, ["Request is copied", "Blob is created"]],
] as const)(
  "an upload as %s %s is in memory at most twice, and is hashed before the Blob is created",
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
