/**
 * `TextDecoder` and `TextDecoderStream` as in Convex's runtime (`npm-packages/udf-runtime/src/08_text_encoding.ts` and
 * `crates/isolate/src/ops/text.rs` of get-convex/convex-backend). They differ from Node's:
 *
 * - An unknown label throws a `DOMException` whose name is `RangeError`.
 * - With `fatal`, malformed bytes return `undefined` instead of throwing.
 * - `decode()` without an argument returns `""` and does not end a stream, so the bytes of an incomplete character are lost.
 * - It has all encodings of the WHATWG's Encoding Standard; see `singleByteEncodings.ts`.
 */
import { singleByteDecoder } from "./singleByteEncodings";

/** Node's decoder, or one for an encoding that Node lacks or decodes wrongly. */
type Decoder = Pick<TextDecoder, "decode">;

/** Decoders that no stream uses, by encoding and options. Creating one costs more than decoding a short text. */
const shared = new Map<string, Decoder>();

export class FunctionTextDecoder {
  readonly #encoding: string;
  readonly #options: { readonly fatal: boolean; readonly ignoreBOM: boolean };
  /** The decoder of the current stream, which keeps the bytes of an incomplete character. */
  #stream: Decoder | null = null;

  /** @param label A label of the WHATWG's Encoding Standard. @throws DOMException named `RangeError` for another one. */
  constructor(label: unknown = "utf-8", options: TextDecoderOptions = {}) {
    this.#encoding = encodingOf(String(label));
    this.#options = { fatal: Boolean(options.fatal), ignoreBOM: Boolean(options.ignoreBOM) };
  }

  get encoding(): string {
    return this.#encoding;
  }

  get fatal(): boolean {
    return this.#options.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#options.ignoreBOM;
  }

  /** @returns the text; `undefined` for malformed bytes with `fatal`. @throws TypeError if the input is not bytes. */
  decode(input?: AllowSharedBufferSource, options?: TextDecodeOptions): string {
    if (input === undefined) return "";
    // Node reports a malformed input with the same class, so check the type first.
    if (!isBytes(input))
      throw new TypeError("The input of TextDecoder.decode must be an ArrayBuffer or a view");
    const stream = options?.stream ?? false;
    const decoder = stream || this.#stream !== null ? (this.#stream ??= this.#create()) : this.#shared();
    try {
      return decoder.decode(input, { stream });
    } catch {
      // A failure may leave state in a decoder.
      shared.clear();
      // Convex's runtime drops the error, so the result is undefined there, against the declared type.
      return undefined as unknown as string;
    } finally {
      if (!stream) this.#stream = null;
    }
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }

  #shared(): Decoder {
    const { fatal, ignoreBOM } = this.#options;
    const key = `${this.#encoding} ${fatal} ${ignoreBOM}`;
    let decoder = shared.get(key);
    if (decoder === undefined) shared.set(key, (decoder = this.#create()));
    return decoder;
  }

  #create(): Decoder {
    return singleByteDecoder(this.#encoding) ?? new TextDecoder(this.#encoding, this.#options);
  }
}

export class FunctionTextDecoderStream {
  readonly #decoder: FunctionTextDecoder;
  readonly #transform: TransformStream<BufferSource, string>;

  /** The parameters and errors are those of `TextDecoder`. */
  constructor(label: unknown = "utf-8", options: TextDecoderOptions = {}) {
    const decoder = new FunctionTextDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text: string | undefined = decoder.decode(chunk, { stream: true });
        if (text) controller.enqueue(text);
      },
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable(): ReadableStream<string> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<BufferSource> {
    return this.#transform.writable;
  }

  get [Symbol.toStringTag](): string {
    return "TextDecoderStream";
  }
}

/** The classes by their global names. */
export const textGlobals = { TextDecoder: FunctionTextDecoder, TextDecoderStream: FunctionTextDecoderStream };

/** Returns the lower-case name of the encoding of a label. */
function encodingOf(label: string): string {
  const name = label.trim().toLowerCase();
  if (singleByteDecoder(name) !== null) return name;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new DOMException(`The encoding label provided ('${label}') is invalid.`, "RangeError");
  }
}

function isBytes(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)
  );
}
