/** Extracts prose from TypeScript and JavaScript: comments, test titles, descriptions and error messages. */
import ts from "typescript";
import { commentLines, type Line, type Passage } from "./lines";

/** @param file the file name, whose extension selects the language. */
export function typescriptPassages(file: string, text: string): Passage[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return [...comments(source), ...strings(source)];
}

/** Returns a text with the position of its first character, given as an offset. */
function lineAt(source: ts.SourceFile, offset: number, text: string): Line {
  const { line, character } = source.getLineAndCharacterOfPosition(offset);
  return { text, line: line + 1, column: character + 1 };
}

/** Splits a range of the source into lines. `shown` is the source with some text masked, and must have the same length. */
function linesOf(source: ts.SourceFile, from: number, to: number, shown = source.text): Line[] {
  const lines: Line[] = [];
  let at = from;
  for (const text of shown.slice(from, to).split("\n")) {
    lines.push(lineAt(source, at, text));
    at += text.length + 1;
  }
  return lines;
}

function comments(source: ts.SourceFile): Passage[] {
  const passages: Passage[] = [];
  let last: (ts.CommentRange & { alone: boolean; line: number; column: number }) | undefined;
  for (const range of commentRanges(source)) {
    if (range.kind === ts.SyntaxKind.MultiLineCommentTrivia) {
      passages.push({ at: range.pos, lines: commentLines(blockLines(source, range)) });
      continue;
    }
    const { text, ...position } = lineAt(source, range.pos, source.text.slice(range.pos + 2, range.end));
    const indent = text.length - text.trimStart().length;
    const line = { text: text.trimStart(), line: position.line, column: position.column + 2 + indent };
    const before = source.text.slice(source.text.lastIndexOf("\n", range.pos - 1) + 1, range.pos);
    const next = { ...range, ...position, alone: before.trim() === "" };
    const continues = last?.alone && next.alone && next.line === last.line + 1 && next.column === last.column;
    const passage = passages.at(-1);
    if (continues && passage) passage.lines.push(...commentLines([line]));
    else passages.push({ at: range.pos, lines: commentLines([line]) });
    last = next;
  }
  return passages;
}

/** Returns all comments in the order of the source. The syntax tree has no comments, so this looks before and after each token. */
function commentRanges(source: ts.SourceFile): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    if (node.kind === ts.SyntaxKind.JsxText) return;
    const ranges = [
      ...(ts.getLeadingCommentRanges(source.text, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.end) ?? []),
    ];
    for (const range of ranges) found.set(range.pos, range);
  };
  visit(source);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}

/** Returns the lines of a block comment without its delimiters and the star that begins each line. */
function blockLines(source: ts.SourceFile, { pos, end }: ts.CommentRange): Line[] {
  return linesOf(source, pos, end - 2).map((line, index) => {
    const margin = (index === 0 ? /^\/\*+ ?/ : /^\s*\*? ?/).exec(line.text)?.[0].length ?? 0;
    return { ...line, text: line.text.slice(margin).trimEnd(), column: line.column + margin };
  });
}

/** Finds the strings that people read. */
function strings(source: ts.SourceFile): Passage[] {
  const passages: Passage[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    const lines = text === undefined ? [] : stringLines(source, text);
    if (text && lines.length > 0) passages.push({ at: text.getStart(source), lines });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return passages;
}

const TEXTS = new Set(["summary", "description", "meaning", "remedy"]);

/** Returns the expression that holds text for people: a test title, a description or an error message. */
function textOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isPropertyAssignment(node))
    return ts.isIdentifier(node.name) && TEXTS.has(node.name.text) ? node.initializer : undefined;
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression))
    return node.expression.text.endsWith("Error") ? node.arguments?.find(isText) : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const name = rootOf(node.expression);
  if (["test", "it", "describe"].includes(name)) return node.arguments.find(isText);
  return name === "fail" ? node.arguments[1] : undefined;
}

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) ||
  ts.isTemplateExpression(node) ||
  (ts.isBinaryExpression(node) && (isText(node.left) || isText(node.right)));

/** Returns the name of the called object, such as `test` for `test.each(…)(…)`. */
function rootOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  return "";
}

/** Returns the lines of a literal, or of literals concatenated with `+`. */
function stringLines(source: ts.SourceFile, node: ts.Expression): Line[] {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return [...stringLines(source, node.left), ...stringLines(source, node.right)];
  if (ts.isStringLiteralLike(node)) return linesOf(source, node.getStart(source) + 1, node.end - 1);
  if (!ts.isTemplateExpression(node)) return [];
  return linesOf(source, node.getStart(source) + 1, node.end - 1, withoutExpressions(source, node));
}

/** Returns the source with each expression of a template replaced by a word of the same length. */
function withoutExpressions(source: ts.SourceFile, { templateSpans }: ts.TemplateExpression): string {
  let { text } = source;
  for (const { expression, literal } of templateSpans) {
    const [from, to] = [expression.pos - 2, literal.getStart(source) + 1];
    const word = text.slice(from, to).replaceAll(/[^\n]/g, "x");
    text = text.slice(0, from) + word + text.slice(to);
  }
  return text;
}
