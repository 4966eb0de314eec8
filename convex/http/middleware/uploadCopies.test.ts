/** How often the bytes of an upload are in memory: Convex gives 64 MiB to all buffers of an isolate. */
import { afterEach, expect, test, vi } from "vitest";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";

const SIZE = 19 * 1024 * 1024;

afterEach(() => vi.restoreAllMocks());

/** Notes each step that reads or copies at least this many bytes, in order. */
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

test.each([
  ["with an Idempotency-Key", { "Idempotency-Key": "a" }, ["Request is copied", "hash", "Blob is made"]],
  ["without one", {}, ["Request is copied", "Blob is made"]],
])(
  "an upload %s is in memory twice at most, and hashed before the Blob is made",
  async (_, more, expected) => {
    const { key, answers } = await goodKey();
    const recorded = (args: unknown) => ({
      result: { ...(args as object), size: SIZE, sha256: "0".repeat(64), visibility: "public" },
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
      "Content-Type": "image/png",
      "Content-Length": String(SIZE),
      ...more,
    };
    const { status } = await send("/api/upload", { method: "POST", body: new Uint8Array(SIZE), headers });
    expect(status).toBe(200);
    expect(beforeStored).toEqual(expected);
  },
);
