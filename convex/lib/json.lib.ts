/**
 * Checks JSON texts without building their values. Parsing 1 MiB of small lists, and collecting them as garbage, takes a
 * hundred times longer than reading the text.
 */

/** The maximum levels of nesting in a JSON body. */
const DEPTH_LIMIT = 64;

/** A value that JSON's grammar allows, but that Convex cannot store or the API cannot write back as JSON. */
export type JsonFlaw = {
  /** Dotted path of the flawed value; empty for the whole text. */
  path: string;
  message: string;
};

/**
 * Checks a text against JSON's grammar (RFC 8259), and returns its first flaw: nesting deeper than 64 levels, a lone
 * surrogate, or a number out of range.
 *
 * @param text A well-formed text, such as one decoded from UTF-8: only its escapes can encode lone surrogates.
 * @returns `valid: false` for a text that `JSON.parse` refuses.
 */
export function checkJson(text: string): { valid: boolean; flaw?: JsonFlaw } {
  const reader = new JsonReader(text);
  if (!reader.read()) return { valid: false };
  return reader.flaw ? { valid: true, flaw: reader.flaw } : { valid: true };
}

/**
 * Decodes UTF-8.
 *
 * @param ignoreBOM True to keep a byte order mark as a character.
 * @returns null for malformed bytes. The standard decoder throws for them, and Convex's returns `undefined`.
 */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array, ignoreBOM: boolean): string | null {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM });
  try {
    const text: unknown = decoder.decode(bytes);
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [MINUS, PLUS, DOT, ZERO, NINE] = [0x2d, 0x2b, 0x2e, 0x30, 0x39];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [SPACE, TAB, LINE_FEED, RETURN] = [0x20, 0x09, 0x0a, 0x0d];
const LETTER_U = 0x75;
const LETTER_E = 0x65;
/** The bit that turns an upper-case letter into lower case. It turns no other character of JSON's grammar into a letter. */
const LOWER_CASE = 0x20;
const LITERALS = ["true", "false", "null"];
const ESCAPED = '"\\/bfnrt';

/** A number is never out of range if the count of its digits plus its exponent does not exceed this sum. */
const SAFE_MAGNITUDE = 308;

class JsonReader {
  flaw: JsonFlaw | undefined;
  #at = 0;
  /** For each open list: the index of the current element. For each open object: -1 minus the offset of the current name. */
  readonly #open: number[] = [];

  constructor(private readonly text: string) {}

  /** Reads the whole text. Returns false if it is not JSON. */
  read(): boolean {
    for (;;) {
      const code = this.#next();
      if (code === OPEN_LIST) {
        this.#enter(0);
        if (this.#next() !== CLOSE_LIST) continue;
      } else if (code === OPEN_OBJECT) {
        this.#enter(-1);
        if (this.#next() !== CLOSE_OBJECT) {
          if (!this.#name()) return false;
          continue;
        }
      } else if (!this.#scalar(code)) {
        return false;
      }
      if (!this.#afterValue()) return false;
      if (this.#open.length === 0) return Number.isNaN(this.#next());
    }
  }

  /** Closes the lists and objects that end after a value, until the next value begins or the outermost value has ended. */
  #afterValue(): boolean {
    for (let last = this.#open.length - 1; last >= 0; last--) {
      const code = this.#next();
      const position = this.#open[last] as number;
      this.#at++;
      if (code === COMMA) {
        if (position < 0) return this.#name();
        this.#open[last] = position + 1;
        return true;
      }
      if (code !== (position < 0 ? CLOSE_OBJECT : CLOSE_LIST)) return false;
      this.#open.pop();
    }
    return true;
  }

  #enter(position: number): void {
    this.#at++;
    this.#open.push(position);
    if (this.#open.length > DEPTH_LIMIT) {
      this.flaw ??= { path: "", message: `must not be nested deeper than ${DEPTH_LIMIT} levels` };
    }
  }

  /** Skips white space and returns the code of the next character, or NaN at the end of the text. */
  #next(): number {
    const { text } = this;
    for (let at = this.#at; ; at++) {
      const code = text.charCodeAt(at);
      if (code === SPACE || code === LINE_FEED || code === TAB || code === RETURN) continue;
      this.#at = at;
      return code;
    }
  }

  /** Reads a member's name and the colon after it. */
  #name(): boolean {
    if (this.#next() !== QUOTE) return false;
    this.#open[this.#open.length - 1] = -1 - this.#at;
    const lone = this.#string();
    if (lone === undefined || this.#next() !== COLON) return false;
    this.#at++;
    if (lone) {
      this.flaw ??= {
        path: this.#path(this.#open.length - 1),
        message: "has a field name with a lone surrogate",
      };
    }
    return true;
  }

  #scalar(code: number): boolean {
    if (code === QUOTE) {
      const lone = this.#string();
      if (lone) this.flaw ??= { path: this.#path(), message: "contains a lone surrogate" };
      return lone !== undefined;
    }
    if (code === MINUS || isDigit(code)) return this.#number();
    for (const literal of LITERALS) {
      if (!this.text.startsWith(literal, this.#at)) continue;
      this.#at += literal.length;
      return true;
    }
    return false;
  }

  /** Reads a string. Returns whether it has a lone surrogate, or undefined if it is not a valid JSON string. */
  #string(): boolean | undefined {
    const { text } = this;
    let lone = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at++);
      if (code === QUOTE) break;
      // At the end of the text the code is NaN, and every comparison with NaN is false.
      if (!(code >= SPACE)) return undefined;
      if (code !== BACKSLASH) continue;
      if (text.charCodeAt(at) !== LETTER_U) {
        if (at >= text.length || !ESCAPED.includes(text.charAt(at))) return undefined;
        at++;
        continue;
      }
      const unit = hexAt(text, at + 1);
      if (unit < 0) return undefined;
      at += 5;
      if (unit < 0xd800 || unit > 0xdfff) continue;
      const isPair = unit < 0xdc00 && text.startsWith("\\u", at) && isLow(hexAt(text, at + 2));
      if (isPair) at += 6;
      else lone = true;
    }
    this.#at = at;
    return lone;
  }

  #number(): boolean {
    const { text } = this;
    const start = this.#at;
    if (text.charCodeAt(start) === MINUS) this.#at++;
    const first = this.#at;
    const digits = this.#digits();
    if (digits === 0 || (digits > 1 && text.charCodeAt(first) === ZERO)) return false;
    if (text.charCodeAt(this.#at) === DOT) {
      this.#at++;
      if (this.#digits() === 0) return false;
    }
    let exponent = 0;
    if ((text.charCodeAt(this.#at) | LOWER_CASE) === LETTER_E) {
      this.#at++;
      const sign = text.charCodeAt(this.#at);
      if (sign === PLUS || sign === MINUS) this.#at++;
      const from = this.#at;
      if (this.#digits() === 0) return false;
      exponent = sign === MINUS ? 0 : Number(text.slice(from, this.#at));
    }
    if (digits + exponent > SAFE_MAGNITUDE && !Number.isFinite(Number(text.slice(start, this.#at)))) {
      this.flaw ??= { path: this.#path(), message: "is a number out of range" };
    }
    return true;
  }

  /** Skips the digits that follow, and returns their number. */
  #digits(): number {
    const start = this.#at;
    while (isDigit(this.text.charCodeAt(this.#at))) this.#at++;
    return this.#at - start;
  }

  /** Returns the dotted path of the current value, limited to its first `levels` names and indexes. */
  #path(levels = this.#open.length): string {
    return this.#open
      .slice(0, levels)
      .map((position) => (position < 0 ? this.#nameAt(-1 - position) : String(position)))
      .join(".");
  }

  /** Returns the member name whose string starts at this offset. */
  #nameAt(start: number): string {
    const reader = new JsonReader(this.text);
    reader.#at = start;
    reader.#string();
    return JSON.parse(this.text.slice(start, reader.#at)) as string;
  }
}

const isDigit = (code: number) => code >= ZERO && code <= NINE;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** Returns the value of the four hexadecimal digits at `start`, or -1 if one of the characters is not such a digit. */
function hexAt(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 4; at++) {
    const code = text.charCodeAt(at);
    const letter = code | LOWER_CASE;
    if (isDigit(code)) value = value * 16 + code - ZERO;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57;
    else return -1;
  }
  return value;
}
