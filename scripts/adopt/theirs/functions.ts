/** Edits of the files that Convex reads at fixed paths: the schema, the router and the crons. */
import ts from "typescript";
import { edited, parsed } from "../copy/edits";
import { exportedVariable, HandEdit, importOf, onlyCall, withoutUnusedImport, type Editor } from "./edit";

/** Spreads the API's tables into the schema. They come last, so that the compiler reports a table that both have. */
export const schemaEditor =
  (folder: string): Editor =>
  (text) => {
    const specifier = `./${folder}/tables`;
    const line = `import { apiTables } from "${specifier}";`;
    // Without a schema the app may use any table, so its functions keep the types for that.
    if (text === undefined)
      return `import { defineSchema } from "convex/server";\n${line}\n\nexport default defineSchema({ ...apiTables }, { strictTableNameTypes: false });\n`;
    if (text.includes(specifier)) return text;
    const source = parsed("schema.ts", text);
    const tables = onlyCall(source, "defineSchema")?.arguments[0];
    if (!tables)
      return new HandEdit(
        "it does not call defineSchema exactly once",
        `+${line}\n \n export default defineSchema({\n   …\n+  ...apiTables,\n });`,
      );
    const edits = importOf(source, specifier, line);
    if (!ts.isObjectLiteralExpression(tables)) {
      const { end } = tables;
      const start = tables.getStart(source);
      edits.push({ start, end, text: `{ ...${tables.getText(source)}, ...apiTables }` });
    } else edits.push(added(source, tables, "...apiTables"));
    return edited(text, edits);
  };

/** Adds an element at the end of an object or a list in the style of the elements before it. */
function added(source: ts.SourceFile, tables: ts.ObjectLiteralExpression, text: string) {
  const { properties } = tables;
  const last = properties.at(-1);
  const start = last?.end ?? tables.getStart(source) + 1;
  const comma = last && !properties.hasTrailingComma ? "," : "";
  const isLong = tables.getText(source).includes("\n");
  const column = last ? source.getLineAndCharacterOfPosition(last.getStart(source)).character : 2;
  // With a comma at the end, the new element comes after it.
  const at = properties.hasTrailingComma ? source.text.indexOf(",", start) + 1 : start;
  const end = isLong ? "," : "";
  return {
    start: at,
    end: at,
    text: `${comma}${isLong ? `\n${" ".repeat(column)}` : " "}${text}${last ? end : " "}`,
  };
}

/** Makes the router serve the API and the routes that the app has. */
export const routerEditor =
  (folder: string): Editor =>
  (text) => {
    const specifier = `./${folder}/http/api.app`;
    const lines = `import { api as restApi } from "${specifier}";\nimport { ApiRouter } from "./${folder}/http/kit/router.kit";`;
    if (text === undefined) return `${lines}\n\nexport default new ApiRouter(restApi);\n`;
    if (text.includes(specifier)) return text;
    const source = parsed("http.ts", text);
    const call = onlyCall(source, "httpRouter");
    if (!call || call.arguments.length > 0)
      return new HandEdit(
        "its router is not made by one call of httpRouter()",
        `+${lines.replace("\n", "\n+")}\n \n-const http = …;\n+const http = new ApiRouter(restApi);`,
      );
    const edits = importOf(source, specifier, lines);
    edits.push({ start: call.getStart(source), end: call.end, text: "new ApiRouter(restApi)" });
    return withoutUnusedImport(edited(text, edits), "httpRouter");
  };

/** Adds the API's crons to those of the app. */
export const cronsEditor =
  (folder: string): Editor =>
  (text) => {
    const specifier = `./${folder}/crons.lib`;
    const line = `import { addApiCrons } from "${specifier}";`;
    if (text === undefined)
      return `import { cronJobs } from "convex/server";\n${line}\n\nconst crons = cronJobs();\naddApiCrons(crons);\n\nexport default crons;\n`;
    if (text.includes(specifier)) return text;
    const source = parsed("crons.ts", text);
    const found = exportedVariable(source);
    if (!found)
      return new HandEdit(
        "it does not export a variable by default",
        `+${line}\n \n+addApiCrons(crons);\n export default crons;`,
      );
    return beforeExport(source, found, specifier, line, (crons) => `addApiCrons(${crons});`);
  };

function beforeExport(
  source: ts.SourceFile,
  { declaration, exported }: NonNullable<ReturnType<typeof exportedVariable>>,
  specifier: string,
  line: string,
  statement: (variable: string) => string,
): string {
  const start = exported.getStart(source);
  return edited(source.text, [
    ...importOf(source, specifier, line),
    { start, end: start, text: `${statement(declaration.name.getText(source))}\n\n` },
  ]);
}
