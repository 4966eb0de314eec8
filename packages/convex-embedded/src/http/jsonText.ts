/** Inspects JSON text without parsing it. */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPENING = [91, 123];
const CLOSING = [93, 125];

/**
 * Finds a string field of a JSON object in one pass, without parsing the rest.
 *
 * @returns `null` if the text is not an object, or the field is missing or not a string. If the name occurs several times, the
 * first one counts. A name that is written with escapes is not found.
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

/** Returns the position after the closing quote of the string that begins at `start`. */
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
 * True for valid JSON with an escaped lone surrogate, which JavaScript accepts and Convex refuses.
 *
 * @param json decoded from UTF-8, so unescaped characters contain no lone surrogate.
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

/** Returns the UTF-16 unit of a `\u` escape, `null` for other text and other escapes. */
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
