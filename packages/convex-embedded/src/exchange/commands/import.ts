/** `npx convex-embedded import FILE.zip`: imports a file of `npx convex export`, all or nothing. */
import { readDocuments } from "../documents";
import type { SnapshotEntries } from "../entries";
import { sortEntries } from "../entries";
import { importDocuments, SchemaProblems } from "../importDocuments";
import { importFiles } from "../importFiles";
import { tablesIn } from "../tableNumbers";
import type { ImportMode, ImportPlan } from "../plan";
import { planImport, qualified } from "../plan";
import { checkReferences } from "../checkReferences";
import type { Target } from "../target";
import { inOneTransaction } from "../target";
import { ZipReader } from "../../backup/zipReader";
import { allFiles, removeFile } from "../../files/filesTable";
import { STORAGE } from "../../store/system/systemTables";
import { applySchemas } from "../../store/schema";
import type { ComponentSchema, TableInfo } from "../../store/types";
import { decodeId } from "../../values/ids";

export interface ImportOptions {
  readonly file: string;
  /** The data directory; created if missing. */
  readonly directory: string;
  readonly mode: ImportMode;
  /** The project's schemas, including the runtime's own tables. */
  readonly schemas: readonly ComponentSchema[];
  /** Asks for confirmation before documents are deleted. */
  readonly confirm: (lost: ImportPlan["lost"]) => Promise<boolean>;
  readonly progress: (line: string) => void;
}

export interface ImportResult {
  readonly documents: number;
  readonly tables: number;
  readonly files: number;
}

/** Imports a snapshot. @throws Error that says what is wrong. In this case nothing has changed. */
export async function importSnapshot(options: ImportOptions): Promise<ImportResult> {
  try {
    const zip = await ZipReader.open(options.file);
    try {
      const entries = sortEntries(zip.entries);
      return await inOneTransaction(options.directory, (target) => importInto(target, zip, entries, options));
    } finally {
      zip.close();
    }
  } catch (error) {
    const { message } = error as Error;
    const end = message.endsWith("\n") ? "" : message.endsWith(".") ? " " : ". ";
    throw new Error(`${options.file} cannot be imported: ${message}${end}Nothing was changed.`, {
      cause: error,
    });
  }
}

/** Imports the entries of a snapshot in an open transaction. @throws Error: the caller must roll back. */
export async function importInto(
  target: Target,
  zip: ZipReader,
  { components, ignored }: SnapshotEntries,
  { mode, schemas, confirm, progress }: Omit<ImportOptions, "file" | "directory">,
): Promise<ImportResult> {
  const { writes, transaction, disk, written, replaced } = target;
  if (ignored.length > 0) progress(`not part of a snapshot, left out: ${ignored.join(", ")}`);
  const tables = [];
  for (const entries of components) tables.push(...(await tablesIn(zip, entries)));

  const before = writes.catalog;
  const plan = planImport(before, tables, mode, (table) => countOf(target, table));
  if (plan.lost.length > 0 && !(await confirm(plan.lost))) throw new Error("it was not confirmed");
  replaceTables(target, plan);
  await applySchemas(writes, schemas, (line) => {
    // All tables were just created, so this line would not be informative.
    if (!line.endsWith(" matches the schema")) progress(line);
  });
  checkReferences(before, writes.catalog, plan.drop, (table) => countOf(target, table) > 0);

  const problems = new SchemaProblems();
  const result = { documents: 0, tables: tables.filter(({ name }) => name !== STORAGE).length, files: 0 };
  for (const entries of components) {
    const { component } = entries;
    if (!schemas.some((schema) => schema.component === component))
      progress(`the component ${component} is not mounted; its documents are kept unchanged`);
    for (const [name, table] of entries.tables) {
      // The next start fills them, in the order of the creation times.
      writes.resetSearchIndexes(tableOf(target, component, name));
      const info = tableOf(target, component, name);
      const documents = readDocuments(zip, table);
      const ids = {
        tableOf: (id: string) =>
          writes.catalog.tableByNumber(component, decodeId(id)?.tableNumber ?? 0)?.name ?? null,
      };
      const count = await importDocuments({ transaction, table: info, documents, ids, problems, progress });
      progress(`${qualified(info)}: ${count} documents`);
      result.documents += count;
    }
  }
  problems.refuse();
  for (const entries of components) {
    const catalog = (): typeof writes.catalog => writes.catalog;
    const now = Date.now();
    result.files += await importFiles({
      zip,
      entries,
      transaction,
      catalog,
      disk,
      replaced,
      written,
      now,
      progress,
    });
  }
  return result;
}

function replaceTables({ writes, transaction, replaced }: Target, { drop, create }: ImportPlan): void {
  for (const table of drop) {
    if (table.name === STORAGE) {
      const files = [...allFiles(transaction, writes.catalog)];
      for (const file of files.filter(({ component }) => component === table.component)) {
        replaced.set(file.uuid, file);
        removeFile(transaction, writes.catalog, file);
      }
    }
    writes.dropTable(table);
  }
  // Tables with a fixed number come first, so that a free choice does not take a number that a later table needs.
  const inOrder = create.toSorted((a, b) => Number(a.number === null) - Number(b.number === null));
  for (const { component, name, number } of inOrder) {
    writes.createTable(component, name, number ?? undefined);
  }
}

function countOf({ writes }: Target, { id }: TableInfo): number {
  return writes.db
    .prepare<[number], number>("SELECT count(*) FROM documents WHERE table_id = ?")
    .pluck()
    .get(id) as number;
}

function tableOf({ writes }: Target, component: string, name: string): TableInfo {
  const table = writes.catalog.table(component, name);
  if (table === null) throw new Error(`Table ${name} not found`);
  return table;
}
