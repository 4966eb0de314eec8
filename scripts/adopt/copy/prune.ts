/** Removes from shared files what belongs to parts that an app does not get. */
import ts from "typescript";
import { edited, nameOf, parsed, specifiers, walk, type Edit } from "./edits";
import { resolved } from "./source";

/** The omitted parts. */
export type Left = {
  readonly hasFile: (path: string) => boolean;
  /** Returns whether a function reference such as `items.create` names a function that is left out. */
  readonly hasFunction: (path: readonly string[]) => boolean;
  /** Entries of the file, as in `parts.ts` without the file. */
  readonly entries: readonly string[];
  readonly exists: (path: string) => boolean;
};

/**
 * Returns the file without the entries that belong to a part that is left out, and without imports that are no longer used.
 *
 * An entry is a property, an element of a list, or a statement at the top of the file.
 *
 * @throws Error if a function or another declaration refers to a part that is left out.
 */
export function pruned(file: string, text: string, left: Left): string {
  const source = parsed(file, text);
  const doomed = [
    ...left.entries.map((entry) => entryNamed(source, entry)),
    ...[...dangling(source, left)].map((node) => entryAround(source, node)),
  ];
  if (doomed.length === 0) return text;
  const without = edited(
    text,
    doomed.map((node) => removal(source, node)),
  );
  return withoutUnusedImports(file, without, left);
}

/** Finds what an entry of `parts.ts` names. @throws Error if the file does not have it exactly once. */
function entryNamed(source: ts.SourceFile, entry: string): ts.Node {
  const [, name = "", mark, key = ""] = /^(\w+)(?:([.=])(.*))?$/.exec(entry) ?? [];
  const isEntry = mark === "=" ? isTextEntry : isProperty;
  const declaration = source.statements.find((statement) =>
    name === "default" ? ts.isExportAssignment(statement) : nameOf(statement) === name,
  );
  const found: ts.Node[] = [];
  if (declaration && mark === undefined) found.push(declaration);
  else if (declaration)
    walk(declaration, (node) => {
      if (isEntry(node, key)) found.push(node);
    });
  const [only, second] = found;
  if (only === undefined || second !== undefined)
    throw new Error(`${source.fileName} has ${found.length} entries ${entry}; parts.ts expects one`);
  return only;
}

const isProperty = (node: ts.Node, key: string): boolean =>
  ts.isPropertyAssignment(node) && "text" in node.name && node.name.text === key;

/** Returns whether a node is this text in a list, or a call with only this text. */
const isTextEntry = (node: ts.Node, text: string): boolean => {
  if (ts.isStringLiteral(node)) return ts.isArrayLiteralExpression(node.parent) && node.text === text;
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return false;
  const [argument] = node.arguments;
  return argument !== undefined && ts.isStringLiteral(argument) && argument.text === text;
};

/** Yields the references to omitted parts. */
function* dangling(source: ts.SourceFile, left: Left): Iterable<ts.Node> {
  const names = new Set<string>();
  const isLeft = (specifier: ts.StringLiteralLike): boolean => {
    const path = resolved(source.fileName, specifier.text, left.exists);
    return path !== undefined && left.hasFile(path);
  };
  for (const specifier of specifiers(source).filter(isLeft)) {
    if (!ts.isImportDeclaration(specifier.parent)) yield specifier;
    else for (const name of importedNames(specifier.parent)) names.add(name);
  }
  const found: ts.Node[] = [];
  walk(source, (node) => {
    if (ts.isIdentifier(node) && names.has(node.text) && isUse(node)) found.push(node);
    else if (ts.isPropertyAccessExpression(node) && left.hasFunction(pathFrom("internal", node)))
      found.push(node);
  });
  yield* found;
}

/** Returns the names after a first name, such as `["items", "create"]` for `internal.items.create`; empty for other expressions. */
function pathFrom(first: string, node: ts.PropertyAccessExpression): string[] {
  const { expression, name } = node;
  if (ts.isIdentifier(expression)) return expression.text === first ? [name.text] : [];
  if (!ts.isPropertyAccessExpression(expression)) return [];
  const before = pathFrom(first, expression);
  return before.length === 0 ? [] : [...before, name.text];
}

/** Returns the entry that contains a reference. @throws Error if it is in a declaration that has no entries. */
function entryAround(source: ts.SourceFile, reference: ts.Node): ts.Node {
  for (let node = reference; !ts.isSourceFile(node); node = node.parent) {
    const { parent } = node;
    if (ts.isObjectLiteralExpression(parent) || ts.isArrayLiteralExpression(parent)) return node;
    if (ts.isSourceFile(parent) && ts.isExpressionStatement(node)) return node;
    if (ts.isSourceFile(parent)) break;
  }
  const line = source.getLineAndCharacterOfPosition(reference.getStart(source)).line + 1;
  throw new Error(`${source.fileName}:${line} needs ${reference.getText(source)}, which parts.ts leaves out`);
}

/** Removes a node with the comments before it and the comma after it. */
function removal(source: ts.SourceFile, node: ts.Node): Edit {
  const { text } = source;
  const comma = /^\s*,/.exec(text.slice(node.end));
  return { start: node.getFullStart(), end: node.end + (comma?.[0].length ?? 0), text: "" };
}

function withoutUnusedImports(file: string, text: string, left: Left): string {
  const source = parsed(file, text);
  const used = new Set<string>();
  walk(source, (node) => {
    if (ts.isIdentifier(node) && isUse(node)) used.add(node.text);
  });
  const edits: Edit[] = [];
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const names = importedNames(statement);
    const path = resolved(file, statement.moduleSpecifier.text, left.exists);
    const isLeft = path !== undefined && left.hasFile(path);
    if (isLeft || (names.length > 0 && !names.some((name) => used.has(name)))) {
      edits.push(removal(source, statement));
      continue;
    }
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    for (const element of bindings.elements)
      if (!used.has(element.name.text)) edits.push(removal(source, element));
  }
  return edited(text, edits);
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const names: string[] = [];
  if (importClause?.name) names.push(importClause.name.text);
  const bindings = importClause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) names.push(bindings.name.text);
  else if (bindings) for (const { name } of bindings.elements) names.push(name.text);
  return names;
}

/** Returns whether an identifier refers to a variable or a type. The name of a property does not. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name !== node;
  return !ts.isImportSpecifier(parent) && !ts.isImportClause(parent) && !ts.isNamespaceImport(parent);
}
