/** JSON as text: what can be said of it without making values of it. */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPENING = [91, 123];
const CLOSING = [93, 125];

/**
 * The text of a field of a JSON object, found without parsing the rest. One pass, whatever stands there.
 *
 * @returns `null` where there is no such field, its value is not text, or the whole is no object. The first of several
 * counts; a name that is written with escapes is not found.
 */
export function textField(json: string, name: string): string | null {
  const quoted = JSON.stringify(name);
  let depth = 0;
  let named = false;
  let isValue = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfText(json, at);
      if (depth === 1 && isValue && named) return parsedText(json.slice(at, end));
      if (depth === 1 && !isValue) named = end - at === quoted.length && json.startsWith(quoted, at);
      at = end - 1;
    } else if (OPENING.includes(code)) {
      if (depth === 0 && json[at] !== "{") return null;
      depth++;
    } else if (CLOSING.includes(code)) {
      depth--;
      if (depth === 0) return null;
    } else if (depth === 1) {
      if (code === COLON) isValue = true;
      else if (code === COMMA) isValue = false;
    }
  }
  return null;
}

/** The place after the closing quote of the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return json.length;
}

function parsedText(json: string): string | null {
  try {
    return JSON.parse(json) as string;
  } catch {
    return null;
  }
}

/**
 * True for valid JSON in which an escape stands for half of a character, which JavaScript takes and Convex does not.
 *
 * @param json decoded from UTF-8, in which each character that is not escaped is whole.
 */
export function hasLoneSurrogate(json: string): boolean {
  for (let at = json.indexOf("\\"); at !== -1; at = json.indexOf("\\", at)) {
    const unit = unitAt(json, at);
    if (unit === null) {
      at += 2;
      continue;
    }
    at += 6;
    if (isLow(unit)) return true;
    if (!isHigh(unit)) continue;
    const next = unitAt(json, at);
    if (next === null || !isLow(next)) return true;
    at += 6;
  }
  return false;
}

/** The UTF-16 unit that an escape stands for, `null` for other text and other escapes. */
function unitAt(json: string, at: number): number | null {
  if (json[at] !== "\\" || json[at + 1] !== "u") return null;
  return parseInt(json.slice(at + 2, at + 6), 16);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
