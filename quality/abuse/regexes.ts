/** Finds every regular expression in the sources of a folder, with TypeScript's syntax tree. */
import ts from "typescript";
import { sourcesIn } from "./sources";

export type Found = { file: string; source: string; flags: string };

/**
 * Returns the expressions of a folder. In a `RegExp` that is built from unknown text, a placeholder replaces that text.
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

/** Returns the text of an expression. Resolves constants of the file, and replaces unknown values by `SOME_TEXT`. */
function valueOf(node: ts.Expression, tree: ts.SourceFile): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return templateText(node, tree, ({ text }) => text);
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "String.raw") {
    const raw = (part: ts.TemplateLiteralLikeNode) => part.rawText ?? part.text;
    return ts.isTemplateExpression(node.template)
      ? templateText(node.template, tree, raw)
      : raw(node.template);
  }
  const constant = ts.isIdentifier(node) ? initializerOf(node.text, tree) : undefined;
  return constant ? valueOf(constant, tree) : SOME_TEXT;
}

/** The placeholder for an unknown text. This project builds expressions only from names and paths. */
const SOME_TEXT = "name";

function templateText(
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
