/**
 * The tables that the runtime itself fills. They lie beside the app's own, and their names begin with `_`.
 *
 * Functions read the public ones through `ctx.db.system` and see none of the others; they write none of them.
 */
import type { SchemaJSON, SchemaTableJSON } from "../types";

/** Scheduled functions, one document for each: `ctx.db.system.query("_scheduled_functions")`. */
export const SCHEDULED_FUNCTIONS = "_scheduled_functions";
/** Cron jobs and when each runs next. Convex shows these to no function either. */
export const CRON_JOBS = "_cron_jobs";

/** Stored files, one document for each: `ctx.db.system.query("_storage")`. Every component has its own. */
export const STORAGE = "_storage";
/** Which bytes a document of `_storage` stands for, of all components. Whoever knows these can read the files. */
export const STORED_BYTES = "_storage_bytes";

const READABLE: ReadonlySet<string> = new Set([SCHEDULED_FUNCTIONS, STORAGE]);

/** The indexes that functions may name; others serve the runtime. */
const BUILT_IN: ReadonlySet<string> = new Set(["by_id", "by_creation_time"]);

const TABLES: readonly SchemaTableJSON[] = [
  {
    tableName: SCHEDULED_FUNCTIONS,
    documentType: null,
    indexes: [
      { indexDescriptor: "by_state", fields: ["state.kind", "scheduledTime"] },
      { indexDescriptor: "by_completion", fields: ["completedTime"] },
    ],
  },
  {
    tableName: CRON_JOBS,
    documentType: null,
    indexes: [{ indexDescriptor: "by_next_time", fields: ["nextTime"] }],
  },
  { tableName: STORAGE, documentType: null, indexes: [] },
  {
    tableName: STORED_BYTES,
    documentType: null,
    indexes: [
      { indexDescriptor: "by_uuid", fields: ["uuid"] },
      { indexDescriptor: "by_file", fields: ["file"] },
    ],
  },
];

export function isSystemTable(name: string): boolean {
  return name.startsWith("_");
}

/** False for the system tables that do not exist for functions. */
export function isReadable(table: string): boolean {
  return !isSystemTable(table) || READABLE.has(table);
}

/** False for an index of a system table that does not exist for functions. */
export function isReadableIndex(table: string, index: string): boolean {
  return !isSystemTable(table) || BUILT_IN.has(index);
}

/** The app's schema and the tables of the runtime as one. @throws Error if the app declares a table with such a name. */
export function withSystemTables(schema: SchemaJSON | null): SchemaJSON {
  const reserved = schema?.tables.find(({ tableName }) => isSystemTable(tableName));
  if (reserved !== undefined) throw new Error(`${reserved.tableName} is a reserved table name.`);
  return {
    schemaValidation: schema?.schemaValidation ?? false,
    tables: [...(schema?.tables ?? []), ...TABLES],
  };
}
