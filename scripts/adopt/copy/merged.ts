/** Changes the files that Convex reads at fixed paths so that an app's own files can import them. */
import ts from "typescript";
import { parsed } from "./edits";

/** Returns the schema as a file that exports its tables: `apiTables`. Its default export is the schema of only these tables. */
export function tablesFile(text: string): string {
  const source = parsed("schema.ts", text);
  const exported = source.statements.find(ts.isExportAssignment);
  const call = exported?.expression;
  const tables = call && ts.isCallExpression(call) ? call.arguments[0] : undefined;
  if (!exported || !tables) throw new Error("convex/schema.ts does not export defineSchema({ … })");
  const before = text.slice(0, exported.getStart(source));
  return `${before}export const apiTables = ${tables.getText(source)};

/** The schema of the API's tables. The functions of the API take the types of their documents from it. */
export default defineSchema(apiTables);
`;
}

/** Returns the crons as a function that adds them to those of an app: `addApiCrons`. */
export function cronsFile(text: string): string {
  const source = parsed("crons.ts", text);
  const lines = source.statements
    .filter(ts.isExpressionStatement)
    .map((statement) => statement.getFullText(source));
  const imports = source.statements
    .filter(ts.isImportDeclaration)
    .filter((statement) => !statement.getText(source).includes("cronJobs"));
  return `import type { Crons } from "convex/server";
${imports.map((statement) => statement.getText(source)).join("\n")}

/** Adds the crons of the API. */
export function addApiCrons(crons: Crons): void {${lines.join("")}
}
`;
}
