/** Represents prose from a source file as Markdown lines with their positions in the source. */
export type Line = {
  text: string;
  /** The line in the source, from 1. */
  line: number;
  /** The column of the first character of `text` in the source, from 1. */
  column: number;
};

/** The lines of one comment or one string. */
export type Passage = {
  /** The offset in the source, by which passages are sorted. */
  at: number;
  lines: Line[];
};

const BLANK: Line = { text: "", line: 0, column: 1 };

/** Returns the lines of all passages in the order of the source, with a blank line after each passage. */
export function inOrder(passages: Passage[]): Line[] {
  return passages.toSorted((a, b) => a.at - b.at).flatMap(({ lines }) => [...lines, BLANK]);
}

const DIRECTIVE =
  /^\s*(?:eslint|@ts-|prettier-ignore|v8 ignore|c8 ignore|knip|\/?\s*<reference|#region|#endregion)/;
const SWITCH = /^\s*(textlint-(?:disable|enable)\b.*?)\s*$/;
const TAG =
  /(?:^|\s)@(?:param\s+\S+|returns?|throws|internal|see|deprecated|template\s+\S+|default|remarks)(?=\s|$)\s*/g;

/**
 * Converts a comment to Markdown. Each JSDoc tag begins a paragraph; the tag and the parameter name are left out. Comments for
 * tools become empty. `textlint-disable` and `textlint-enable` become the HTML comments that textlint reads.
 */
export function commentLines(lines: Line[]): Line[] {
  const [first] = lines;
  if (first === undefined || DIRECTIVE.test(first.text)) return [];
  const directive = SWITCH.exec(first.text)?.[1];
  if (directive !== undefined) return [{ ...first, text: `<!-- ${directive} -->` }];
  return withoutExamples(lines).flatMap(splitTags);
}

/** Removes each `@example`, which holds code up to the next tag. */
function withoutExamples(lines: Line[]): Line[] {
  let inExample = false;
  return lines.filter(({ text }) => {
    if (/^\s*@\w/.test(text)) inExample = /^\s*@example\b/.test(text);
    return !inExample;
  });
}

function splitTags(line: Line): Line[] {
  const parts: Line[] = [];
  let from = 0;
  const addPart = (to: number) => {
    const text = line.text.slice(from, to);
    if (text.trim() !== "" || from === 0) parts.push({ ...line, text, column: line.column + from });
  };
  for (const match of line.text.matchAll(TAG)) {
    addPart(match.index);
    parts.push(BLANK);
    from = match.index + match[0].length;
  }
  addPart(line.text.length);
  return parts;
}
