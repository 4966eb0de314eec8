/** Rewrites a file for its place in an app: imports, references to functions, and the names of tables. */
import ts from "typescript";
import { pathIn, specifierFrom, type Layout } from "../layout";
import { edited, parsed, specifiers, walk, type Edit } from "./edits";
import { isGenerated, resolved, type Texts } from "./source";
import { tableNames, type Renames } from "./tables";

export type Placing = {
  readonly layout: Layout;
  /** The tables that the app has already, with the names of the API's tables instead. */
  readonly tables: Renames;
  /** The selected files. */
  readonly texts: Texts;
};

/** Returns the text of a file as the app gets it. */
export function placed(file: string, text: string, { layout, tables, texts }: Placing): string {
  const source = parsed(file, text);
  const to = pathIn(layout, file);
  const exists = (path: string) => texts.has(path);
  const edits: Edit[] = [];
  for (const specifier of specifiers(source)) {
    const target = resolved(file, specifier.text, exists);
    if (target === undefined) continue;
    const text = `"${specifierFrom(to, suffixed(pathIn(layout, target), specifier.text))}"`;
    edits.push({ start: specifier.getStart(source), end: specifier.end, text });
  }
  walk(source, (node) => {
    if (ts.isIdentifier(node) && node.text === "internal" && isReference(node))
      edits.push({ start: node.end, end: node.end, text: `.${layout.folder}` });
  });
  edits.push(...tableNames(source, tables));
  return withPaths(edited(text, edits), texts, layout.folder);
}

/** Keeps the suffix of a generated file's specifier: a file without a suffix may be `.js` or `.d.ts`. */
const suffixed = (path: string, specifier: string): string =>
  isGenerated(path) ? path : /\.(json|mjs)$/.test(specifier) ? path : path.replace(/\.ts$/, "");

const isReference = ({ parent }: ts.Identifier): boolean =>
  ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent);

/** Adds the folder to the paths of functions in texts and comments, such as `migrations:foldEmails`. */
function withPaths(text: string, texts: Texts, folder: string): string {
  return text.replaceAll(/\b([a-z]\w*(?:\/\w+)*):(\w+)\b/g, (path, module: string, name: string) => {
    const code = texts.get(`convex/${module}.ts`);
    return code?.includes(`export const ${name} `) ? `${folder}/${path}` : path;
  });
}
