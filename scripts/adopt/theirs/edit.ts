/** Edits of an app's own files. */
import ts from "typescript";
import { edited, parsed, type Edit } from "../copy/edits";

/** Why a file was not edited, and the lines to change by hand. */
export class HandEdit {
  constructor(
    readonly why: string,
    readonly diff: string,
  ) {}
}

/**
 * Returns the file with a change, the same text if the file has the change already, or what to change by hand.
 *
 * @param text undefined if the app does not have the file.
 */
export type Editor = (text: string | undefined) => string | HandEdit;

/** Returns an edit that adds an import after the last one; none if the file imports the module already. */
export function importOf(source: ts.SourceFile, specifier: string, declaration: string): Edit[] {
  const imports = source.statements.filter(ts.isImportDeclaration);
  if (imports.some(({ moduleSpecifier }) => "text" in moduleSpecifier && moduleSpecifier.text === specifier))
    return [];
  const last = imports.at(-1);
  if (last) return [{ start: last.end, end: last.end, text: `\n${declaration}` }];
  const start = source.statements[0]?.getStart(source) ?? 0;
  return [{ start, end: start, text: `${declaration}\n\n` }];
}

/** Returns the only call of a function, by the name under which the file imports it; undefined if there is not exactly one. */
export function onlyCall(source: ts.SourceFile, name: string): ts.CallExpression | undefined {
  const calls: ts.CallExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name)
      calls.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return calls.length === 1 ? calls[0] : undefined;
}

/** Returns the variable that a file exports by default, with the export: `const http = …; export default http;`. */
export function exportedVariable(
  source: ts.SourceFile,
): { declaration: ts.VariableDeclaration; exported: ts.ExportAssignment } | undefined {
  const exported = source.statements.find(ts.isExportAssignment);
  if (!exported || !ts.isIdentifier(exported.expression)) return undefined;
  const { text } = exported.expression;
  const declaration = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => ts.isIdentifier(name) && name.text === text);
  return declaration && { declaration, exported };
}

/** Returns the text without an import that is no longer used. */
export function withoutUnusedImport(text: string, name: string): string {
  const source = parsed("file.ts", text);
  if ((text.match(new RegExp(`\\b${name}\\b`, "g")) ?? []).length !== 1) return text;
  for (const { importClause, end, pos } of source.statements.filter(ts.isImportDeclaration)) {
    const bindings = importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const { elements } = bindings;
    const at = elements.findIndex((element) => element.name.text === name);
    const element = elements[at];
    if (!element) continue;
    if (elements.length === 1 && !importClause.name) {
      const rest = text.slice(end);
      return text.slice(0, pos) + (pos === 0 ? rest.replace(/^\s*\n/, "") : rest);
    }
    const next = elements[at + 1];
    const previous = elements[at - 1];
    return next
      ? edited(text, [{ start: element.getStart(source), end: next.getStart(source), text: "" }])
      : edited(text, [{ start: previous?.end ?? element.pos, end: element.end, text: "" }]);
  }
  return text;
}
