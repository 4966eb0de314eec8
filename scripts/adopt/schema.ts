/** Finds the tables of an app by evaluating its schema, so that tables of libraries and of its own helpers count too. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import ts from "typescript";
import { scannedTables, type App } from "./app";
import { parsed } from "./copy/edits";

export type Tables = {
  readonly names: ReadonlySet<string>;
  /** The packages that add tables with names that could not be found. Empty if the schema was evaluated. */
  readonly unread: readonly string[];
};

const EVALUATION_MS = 60_000;

/**
 * Returns the tables of the app. A schema that cannot be evaluated, for example because its packages are not installed, is searched
 * for table definitions instead.
 *
 * @param ours the folder of this project. @param folder the folder of the API's functions, whose tables do not count.
 */
export async function tablesOf(ours: string, app: App, folder: string): Promise<Tables> {
  const text = app.read(posix.join(app.functions, "schema.ts"));
  if (text === undefined) return { names: new Set(), unread: [] };
  const names = await evaluated(ours, app, folder);
  if (names) return { names: new Set(names), unread: [] };
  return { names: scannedTables(app, folder), unread: packagesSpread(text) };
}

/** Evaluates the schema in its own process. @returns undefined if that fails. */
async function evaluated(ours: string, app: App, folder: string): Promise<string[] | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "adopt-schema-"));
  const outfile = join(directory, "schema.cjs");
  try {
    await build({
      entryPoints: [join(app.root, app.functions, "schema.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "cjs",
      conditions: ["convex", "module"],
      // An app without installed packages needs at least `convex`.
      nodePaths: [join(ours, "node_modules")],
      plugins: [withoutTables(folder)],
      logLevel: "silent",
    });
    const print = `console.log("\\n" + JSON.stringify(Object.keys(require(${JSON.stringify(outfile)}).default.tables)))`;
    const options = { cwd: app.root, timeout: EVALUATION_MS };
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", print], options);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as string[];
  } catch {
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Replaces the API's tables, which the schema imports after the adoption, with none. */
const withoutTables = (folder: string): Plugin => ({
  name: "without-api-tables",
  setup(build) {
    const namespace = "api-tables";
    build.onResolve({ filter: new RegExp(`^\\./${folder}/tables$`) }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents: "export const apiTables = {};" }));
  },
});

/** Returns the packages whose exports a schema spreads into its tables, except Convex Auth, whose tables are known. */
function packagesSpread(text: string): string[] {
  const source = parsed("schema.ts", text);
  const spread = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isSpreadAssignment(node)) spread.add(/^\w*/.exec(node.expression.getText(source))?.[0] ?? "");
    ts.forEachChild(node, visit);
  };
  visit(source);
  const imports = source.statements
    .filter(ts.isImportDeclaration)
    .flatMap(({ importClause, moduleSpecifier }) => {
      const bindings = importClause?.namedBindings;
      const names = [
        importClause?.name,
        ...(bindings && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name) : []),
        ...(bindings && ts.isNamespaceImport(bindings) ? [bindings.name] : []),
      ];
      const isUsed = names.some((name) => name && spread.has(name.text));
      return isUsed && "text" in moduleSpecifier ? [String(moduleSpecifier.text)] : [];
    });
  return imports.filter((name) => !name.startsWith(".") && name !== "@convex-dev/auth/server");
}
