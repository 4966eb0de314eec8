/** Webhook bodies whose values need many times the memory of their text. */

/** The repeated list element of each kind of body. */
const ELEMENTS = {
  objects: "{},",
  lists: "[],",
  numbers: "0,",
  texts: '"",',
  members: '{"a":1},',
  secrets: '{"token":0},',
  emoji: "{},",
  emojiTexts: '"",',
  form: "{},",
} as const;

export type Kind = keyof typeof ELEMENTS;
export const KINDS = Object.keys(ELEMENTS) as Kind[];

/** Returns a GitHub body of exactly `bytes` bytes of UTF-8, or at most `bytes` for a form. */
export function bodyOf(kind: Kind, bytes: number): string {
  const head = '{"action":"opened","repository":{"full_name":"o/r"},"sender":{"login":"octocat"},"commits":[';
  // A character outside Latin-1 makes V8 store two bytes for each character.
  const tail = kind.startsWith("emoji") ? '"😀"]}' : "0]}";
  const size = kind === "form" ? Math.floor(bytes / 3) - 40 : bytes;
  const element = ELEMENTS[kind];
  const count = Math.floor((size - Buffer.byteLength(head + tail)) / element.length);
  const json = head + element.repeat(count) + tail;
  return kind === "form"
    ? new URLSearchParams({ payload: json }).toString()
    : json + " ".repeat(bytes - Buffer.byteLength(json));
}
