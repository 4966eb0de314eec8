/** Every regular expression in the sources of a folder, found by the compiler's own syntax tree. */
import ts from "typescript";
import { sourcesIn } from "./sources";

export type Found = { file: string; source: string; flags: string };

/**
 * @returns Expressions as they are given to the engine.
 * @throws Error for a `RegExp` that is made of something that only a run knows.
 */
export function regexesIn(folder: string): Found[] {
  return sourcesIn(folder).flatMap(regexesOf);
}

function regexesOf(tree: ts.SourceFile): Found[] {
  const file = tree.fileName;
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    } else if (
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === "RegExp"
    ) {
      const [source, flags] = (node.arguments ?? []).map((argument) => valueOf(argument, tree));
      found.push({ file, source: source ?? "", flags: flags ?? "" });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The text that an expression stands for: constants of the file are followed, what only a run knows is any text. */
function valueOf(node: ts.Expression, tree: ts.SourceFile): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return written(node, tree, ({ text }) => text);
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "String.raw") {
    const raw = (part: ts.TemplateLiteralLikeNode) => part.rawText ?? part.text;
    return ts.isTemplateExpression(node.template) ? written(node.template, tree, raw) : raw(node.template);
  }
  const constant = ts.isIdentifier(node) ? initializerOf(node.text, tree) : undefined;
  return constant ? valueOf(constant, tree) : SOME_TEXT;
}

/** What stands for a text of which nothing is known: names and paths, as this project puts them into expressions. */
const SOME_TEXT = "name";

function written(
  { head, templateSpans }: ts.TemplateExpression,
  tree: ts.SourceFile,
  textOf: (part: ts.TemplateLiteralLikeNode) => string,
): string {
  const spans = templateSpans.map(({ expression, literal }) => valueOf(expression, tree) + textOf(literal));
  return textOf(head) + spans.join("");
}

function initializerOf(name: string, tree: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name) found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
