/** Selects the files of the chosen parts, and removes the other parts from shared files. */
import ts from "typescript";
import { PART_NAMES, PARTS, TABLE_MAPS, type Part, type PartName } from "../parts";
import { nameOf, parsed, walk } from "./edits";
import { pruned } from "./prune";
import { isGenerated, type Texts } from "./source";

/** Returns the files of the parts, each without what belongs to other parts. @param parts with the parts that they need. */
export function selected(texts: Texts, parts: readonly PartName[]): Texts {
  const exists = ({ files }: Part) => [...texts.keys()].some((file) => matchesAny(files, file));
  // A part that was removed from this project has no entries either.
  const out = PART_NAMES.filter((name) => !parts.includes(name))
    .map((name) => PARTS[name])
    .filter(exists);
  const isOut = (file: string) => out.some(({ files }) => matchesAny(files, file));
  const tables = new Set(out.flatMap((part) => part.tables));
  const entries = [...out.flatMap((part) => part.entries), ...tableEntries(texts, tables)];
  const named = new Set(
    entries.map((entry) => entry.replace(/^convex\/(.*)\.ts#/, "$1#").replaceAll("/", ".")),
  );
  const left = {
    hasFile: isOut,
    hasFunction: (path: readonly string[]) =>
      isOut(`convex/${path.slice(0, -1).join("/")}.ts`) ||
      named.has(`${path.slice(0, -1).join(".")}#${path.at(-1) ?? ""}`),
    exists: (path: string) => texts.has(path) || isGenerated(path),
  };
  const result = new Map<string, string>();
  for (const [file, text] of texts) {
    if (isOut(file)) continue;
    const own = entries.filter((entry) => entry.startsWith(`${file}#`));
    const isCode = /\.ts$/.test(file);
    result.set(
      file,
      isCode && out.length > 0
        ? pruned(file, text, { ...left, entries: own.map((entry) => entry.slice(file.length + 1)) })
        : text,
    );
  }
  return result;
}

const matchesAny = (patterns: readonly RegExp[], file: string): boolean =>
  patterns.some((pattern) => pattern.test(file));

/** Returns the entries of tables that are left out, in the objects whose keys are tables. */
function tableEntries(texts: Texts, tables: ReadonlySet<string>): string[] {
  return TABLE_MAPS.flatMap((map) => {
    const [file = "", name] = map.split("#");
    const keys = tableKeys(parsed(file, texts.get(file) ?? ""), name ?? "");
    return keys.filter((key) => tables.has(key.text)).map((key) => `${map}.${key.text}`);
  });
}

/** Returns the keys of an object at the top of a file, or of the object in the call that the file exports by default. */
export function tableKeys(source: ts.SourceFile, name: string): ts.Identifier[] {
  const declaration = source.statements.find((statement) =>
    name === "default" ? ts.isExportAssignment(statement) : nameOf(statement) === name,
  );
  let object: ts.ObjectLiteralExpression | undefined;
  if (declaration)
    walk(declaration, (node) => {
      if (ts.isObjectLiteralExpression(node)) object ??= node;
    });
  return (object?.properties ?? []).flatMap((property) =>
    property.name && ts.isIdentifier(property.name) ? [property.name] : [],
  );
}
