/** Prose from a source file as a Markdown document whose lines remember their place in the source. */
export type Line = {
  text: string;
  /** The line in the source, from 1. */
  line: number;
  /** The column of the first character of `text` in the source, from 1. */
  column: number;
};

/** Lines that belong together: a comment, or a string. */
export type Passage = {
  /** The offset in the source. Passages are sorted by it. */
  at: number;
  lines: Line[];
};

const BLANK: Line = { text: "", line: 0, column: 1 };

/** The lines of all passages in the order of the source, with a blank line after each passage. */
export function inOrder(passages: Passage[]): Line[] {
  return passages.toSorted((a, b) => a.at - b.at).flatMap(({ lines }) => [...lines, BLANK]);
}

const DIRECTIVE =
  /^\s*(?:eslint|@ts-|prettier-ignore|v8 ignore|c8 ignore|knip|\/?\s*<reference|#region|#endregion)/;
const ALLOW = /^\s*(textlint-(?:disable|enable)\b.*?)\s*$/;
const TAG =
  /(?:^|\s)@(?:param\s+\S+|returns?|throws|internal|see|deprecated|template\s+\S+|default|remarks)(?=\s|$)\s*/g;

/**
 * A comment as Markdown: each JSDoc tag begins a paragraph and is left out itself, and so is the name of a parameter.
 * Comments for tools become empty; `textlint-disable` and `textlint-enable` become the HTML comments that textlint reads.
 */
export function commentLines(lines: Line[]): Line[] {
  const [first] = lines;
  if (first === undefined || DIRECTIVE.test(first.text)) return [];
  const allow = ALLOW.exec(first.text)?.[1];
  if (allow !== undefined) return [{ ...first, text: `<!-- ${allow} -->` }];
  return withoutExamples(lines).flatMap(splitTags);
}

/** `@example` holds code up to the next tag. */
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
  const take = (to: number) => {
    const text = line.text.slice(from, to);
    if (text.trim() !== "" || from === 0) parts.push({ ...line, text, column: line.column + from });
  };
  for (const match of line.text.matchAll(TAG)) {
    take(match.index);
    parts.push(BLANK);
    from = match.index + match[0].length;
  }
  take(line.text.length);
  return parts;
}
