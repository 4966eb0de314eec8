/** Finds the names of tables in the code, to rename those that an app has already. */
import ts from "typescript";
import { TABLE_MAPS } from "../parts";
import { walk, type Edit } from "./edits";
import { tableKeys } from "./selection";

/** New names by the old ones. */
export type Renames = ReadonlyMap<string, string>;

/** Methods and functions that take a table, with the position of the argument. Methods are compared with their object. */
const TAKES_TABLE: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ["query", "get", "insert", "patch", "replace", "delete", "normalizeId"].map((name) => [`db.${name}`, 0]),
  ),
  "v.id": 0,
  "schema.doc": 0,
  readBack: 1,
  getOwned: 1,
  listOwned: 1,
  listBy: 1,
  requireOwner: 0,
};
/** Types whose first argument may be a table. */
const NAMES_TABLE = new Set(["Doc", "Id"]);
/** Files in which every such text, property and key is the name of a table. */
const ALL_TABLES = new Set(["convex/erasure.ts", "convex/health.ts"]);

/** Returns the edits that rename tables in a file. */
export function tableNames(source: ts.SourceFile, renames: Renames): Edit[] {
  if (renames.size === 0) return [];
  const edits = new Map<number, Edit>();
  const rename = (node: ts.Node | undefined): void => {
    if (!node || !(ts.isIdentifier(node) || ts.isStringLiteral(node))) return;
    const name = renames.get(node.text);
    const start = node.getStart(source);
    const text = ts.isIdentifier(node) ? name : `"${name ?? ""}"`;
    if (name !== undefined && text !== undefined) edits.set(start, { start, end: node.end, text });
  };
  const { fileName } = source;
  for (const map of TABLE_MAPS)
    if (map.startsWith(`${fileName}#`)) tableKeys(source, map.slice(fileName.length + 1)).forEach(rename);
  walk(source, (node) => {
    if (ts.isCallExpression(node)) rename(node.arguments[TAKES_TABLE[calleeOf(node)] ?? NaN]);
    else if (ts.isTypeReferenceNode(node)) rename(tableOfType(node));
    else if (ts.isPropertyAssignment(node) && node.name.getText(source) === "table") rename(node.initializer);
    if (!ALL_TABLES.has(fileName)) return;
    if (ts.isStringLiteral(node)) rename(node);
    else if (ts.isPropertyAssignment(node) || ts.isPropertyAccessExpression(node)) rename(node.name);
  });
  return [...edits.values()];
}

/** Returns the name of the called function, with that of its object for methods: `db.get` for `ctx.db.get(…)`. */
function calleeOf({ expression }: ts.CallExpression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (!ts.isPropertyAccessExpression(expression)) return "";
  const { expression: object, name } = expression;
  const of = ts.isIdentifier(object)
    ? object.text
    : ts.isPropertyAccessExpression(object)
      ? object.name.text
      : "";
  return `${of}.${name.text}`;
}

function tableOfType({ typeName, typeArguments }: ts.TypeReferenceNode): ts.Node | undefined {
  const [first] = typeArguments ?? [];
  if (!ts.isIdentifier(typeName) || !NAMES_TABLE.has(typeName.text)) return undefined;
  return first && ts.isLiteralTypeNode(first) ? first.literal : undefined;
}
