/**
 * Checks JSON texts without building their values: one MiB of small lists takes a hundred times longer to build, and to
 * collect as garbage, than to read.
 */

/** Levels of nesting in a JSON body. */
const DEPTH_LIMIT = 64;

/** What JSON's grammar allows but the values of Convex, or JSON on the way out, do not. */
export type JsonFlaw = {
  /** Dotted path of the flawed value; empty for the whole text. */
  path: string;
  message: string;
};

/**
 * Checks a text against JSON's grammar (RFC 8259) and for its first flaw: nesting deeper than 64 levels, a lone surrogate, a
 * number that is out of range.
 *
 * @param text well-formed, as text decoded from UTF-8 is: then only escapes can stand for lone surrogates.
 * @returns `valid: false` for a text that `JSON.parse` refuses.
 */
export function checkJson(text: string): { valid: boolean; flaw?: JsonFlaw } {
  const reader = new JsonReader(text);
  if (!reader.read()) return { valid: false };
  return reader.flaw ? { valid: true, flaw: reader.flaw } : { valid: true };
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [MINUS, PLUS, DOT, ZERO, NINE] = [0x2d, 0x2b, 0x2e, 0x30, 0x39];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [SPACE, TAB, LINE_FEED, RETURN] = [0x20, 0x09, 0x0a, 0x0d];
const LETTER_U = 0x75;
const LETTER_E = 0x65;
/** Maps upper-case letters to lower case, and no other character of JSON's grammar to a letter. */
const LOWER_CASE = 0x20;
const WORDS = ["true", "false", "null"];
const ESCAPED = '"\\/bfnrt';

/** A number below 10 to that power is never out of range. */
const SAFE_MAGNITUDE = 308;

class JsonReader {
  flaw: JsonFlaw | undefined;
  #at = 0;
  /** For each open list the index of its element, for each open object -1 less the offset of its member's name. */
  readonly #open: number[] = [];

  constructor(private readonly text: string) {}

  /** False where the text is not JSON. */
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

  /** Closes what ends behind a value, up to where another value begins or the outermost one has ended. */
  #afterValue(): boolean {
    for (let last = this.#open.length - 1; last >= 0; last--) {
      const code = this.#next();
      const place = this.#open[last] as number;
      this.#at++;
      if (code === COMMA) {
        if (place < 0) return this.#name();
        this.#open[last] = place + 1;
        return true;
      }
      if (code !== (place < 0 ? CLOSE_OBJECT : CLOSE_LIST)) return false;
      this.#open.pop();
    }
    return true;
  }

  #enter(place: number): void {
    this.#at++;
    this.#open.push(place);
    if (this.#open.length > DEPTH_LIMIT) {
      this.flaw ??= { path: "", message: `must not be nested deeper than ${DEPTH_LIMIT} levels` };
    }
  }

  /** The next character that is not white space; NaN behind the last one. */
  #next(): number {
    const { text } = this;
    for (let at = this.#at; ; at++) {
      const code = text.charCodeAt(at);
      if (code === SPACE || code === LINE_FEED || code === TAB || code === RETURN) continue;
      this.#at = at;
      return code;
    }
  }

  /** A member's name and the colon behind it. */
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
    for (const word of WORDS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return true;
    }
    return false;
  }

  /** Whether the string has a lone surrogate; undefined where it is not a string of JSON. */
  #string(): boolean | undefined {
    const { text } = this;
    let lone = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at++);
      if (code === QUOTE) break;
      // Behind the last character it is NaN, which is not greater than anything.
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

  /** How many digits follow. */
  #digits(): number {
    const start = this.#at;
    while (isDigit(this.text.charCodeAt(this.#at))) this.#at++;
    return this.#at - start;
  }

  /** The dotted path of where the reader is, to a number of levels. */
  #path(levels = this.#open.length): string {
    return this.#open
      .slice(0, levels)
      .map((place) => (place < 0 ? this.#nameAt(-1 - place) : String(place)))
      .join(".");
  }

  /** The name whose string begins at an offset. */
  #nameAt(start: number): string {
    const reader = new JsonReader(this.text);
    reader.#at = start;
    reader.#string();
    return JSON.parse(this.text.slice(start, reader.#at)) as string;
  }
}

const isDigit = (code: number) => code >= ZERO && code <= NINE;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** The value of four hexadecimal digits, -1 for others. */
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
