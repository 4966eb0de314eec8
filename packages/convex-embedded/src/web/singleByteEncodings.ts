/**
 * Single-byte encodings of the WHATWG's Encoding Standard that Node's `TextDecoder` lacks or decodes wrongly. It has neither
 * `iso-8859-16` nor `x-user-defined`, and decodes the bytes 0x80 to 0x9f of `windows-1252` to control characters.
 *
 * Source: https://encoding.spec.whatwg.org/#legacy-single-byte-encodings
 */

/** The characters of the bytes from `first` on. Other bytes are their own code points. */
interface Table {
  readonly first: number;
  readonly characters: string;
}

const TABLES: Readonly<Record<string, Table>> = {
  "windows-1252": {
    first: 0x80,
    characters: "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ",
  },
  "iso-8859-16": {
    first: 0xa0,
    characters: [
      "\u00a0ĄąŁ€„Š§š©Ș«Ź\u00adźŻ°±ČłŽ”¶·žčș»ŒœŸż",
      "ÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚß",
      "àáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ",
    ].join(""),
  },
  "x-user-defined": {
    first: 0x80,
    characters: String.fromCharCode(...Array.from({ length: 0x80 }, (_, index) => 0xf780 + index)),
  },
};

const decoders = new Map(
  Object.entries(TABLES).map(([name, { first, characters }]) => [
    name,
    {
      decode(input?: AllowSharedBufferSource): string {
        let text = "";
        for (const byte of bytesOf(input)) {
          text += characters[byte - first] ?? String.fromCharCode(byte);
        }
        return text;
      },
    },
  ]),
);

/** Returns the decoder of an encoding, `null` if Node's is right. @param name The encoding's lower-case name. */
export function singleByteDecoder(name: string): Pick<TextDecoder, "decode"> | null {
  return decoders.get(name) ?? null;
}

function bytesOf(input: AllowSharedBufferSource = new ArrayBuffer(0)): Uint8Array {
  return ArrayBuffer.isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : new Uint8Array(input);
}
