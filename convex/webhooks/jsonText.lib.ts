/**
 * Reads valid JSON texts without building their values. The values of a dense text of 4 MiB need more than 64 MiB, which is the
 * heap of a function on Convex.
 */

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE = 0x20;

/** Returns the offset of the first character at or after `at` that is not white space. */
function skipSpace(text: string, at: number): number {
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** Returns the offset after the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) return next + 1;
    if (code === BACKSLASH) next++;
  }
  return text.length;
}

/** Returns the offset after the value that starts at `at`. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length;) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) next = endOfString(text, next);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      depth++;
      next++;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      depth--;
      next++;
    } else if (depth > 0) next++;
    else next = endOfScalar(text, next);
    if (depth === 0) return next;
  }
  return text.length;
}

/** Returns the offset after the number or literal that starts at `at`. */
function endOfScalar(text: string, at: number): number {
  for (let next = at; ; next++) {
    const code = text.charCodeAt(next);
    const ends = code === COMMA || code === CLOSE_LIST || code === CLOSE_OBJECT || code <= SPACE;
    if (ends || next >= text.length) return next;
  }
}

/** Returns the name in the string from `start` to `end`. */
function nameIn(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1);
  return name.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : name;
}

/**
 * Returns the offset of a member's value in the object that starts at `at`. Returns undefined if the value at `at` is not an
 * object, or lacks the member. If several members have the name, the last one counts, as in `JSON.parse`.
 */
function findMember(text: string, at: number, name: string): number | undefined {
  if (text.charCodeAt(at) !== OPEN_OBJECT) return undefined;
  let found: number | undefined;
  for (let next = skipSpace(text, at + 1); text.charCodeAt(next) === QUOTE;) {
    const end = endOfString(text, next);
    // The value follows the colon.
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (nameIn(text, next, end) === name) found = value;
    next = skipSpace(text, endOfValue(text, value));
    if (text.charCodeAt(next) === COMMA) next = skipSpace(text, next + 1);
  }
  return found;
}

/** Returns the string at a path of members in a JSON object, or undefined if it is absent, empty or of another type. */
export function findText(json: string, path: readonly string[]): string | undefined {
  let at: number | undefined = skipSpace(json, 0);
  for (const name of path) {
    at = findMember(json, at, name);
    if (at === undefined) return undefined;
  }
  if (json.charCodeAt(at) !== QUOTE) return undefined;
  const text = JSON.parse(json.slice(at, endOfString(json, at))) as string;
  return text !== "" && text.isWellFormed() ? text : undefined;
}

/** Matches the names of members whose values the log hides. */
const HIDDEN = /secret|token|password|passwd|api_?key|authorization|private_metadata/i;

/** The maximum nesting of a logged payload, in levels. JSON parsers may refuse deeper text or overflow their stack. */
const SHOWN_LEVELS = 64;

/** The size of a chunk in characters. Joining many small parts needs several times the memory of the text. */
const CHUNK = 64 * 1024;

/**
 * Returns the JSON text with two replacements. Values whose names suggest a secret become `"[redacted]"`. Objects and lists
 * below 64 levels become `"[nested too deep]"`.
 *
 * @param before The prefix of the result. @param after The suffix of the result.
 */
export function redact(json: string, before = "", after = ""): string {
  const chunks: string[] = [];
  let chunk = before;
  let copied = 0;
  const copyTo = (end: number) => {
    for (; copied < end; copied += CHUNK) append(json.slice(copied, Math.min(end, copied + CHUNK)));
    copied = end;
  };
  const append = (part: string) => {
    chunk += part;
    if (chunk.length < CHUNK) return;
    chunks.push(flat(chunk));
    chunk = "";
  };
  const replace = (start: number, replacement: string): number => {
    copyTo(start);
    append(replacement);
    copied = endOfValue(json, start);
    return copied;
  };

  let depth = 0;
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(json, at);
      const colon = skipSpace(json, end);
      const isName = json.charCodeAt(colon) === COLON;
      if (isName && HIDDEN.test(nameIn(json, at, end)))
        at = replace(skipSpace(json, colon + 1), '"[redacted]"');
      else at = end;
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (depth === SHOWN_LEVELS) at = replace(at, '"[nested too deep]"');
      else {
        depth++;
        at++;
      }
    } else {
      if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
      at++;
    }
  }
  copyTo(json.length);
  chunks.push(chunk, after);
  return chunks.join("");
}

/** Makes V8 flatten a concatenated string, which releases the strings that it was built from. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}
