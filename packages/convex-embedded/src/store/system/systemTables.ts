/**
 * The system tables, which the runtime itself writes. Their names begin with `_`.
 *
 * Functions can read the public system tables through `ctx.db.system`. They cannot see the other ones, nor write any of them.
 */
import { isBuiltIn } from "../definitions";
import type { SchemaJSON, SchemaTableJSON } from "../types";

/** Scheduled functions, one document for each: `ctx.db.system.query("_scheduled_functions")`. */
export const SCHEDULED_FUNCTIONS = "_scheduled_functions";
/** Cron jobs and the time of each job's next run. As on Convex, functions cannot read this table. */
export const CRON_JOBS = "_cron_jobs";

/** Stored files, one document for each: `ctx.db.system.query("_storage")`. Every component has its own. */
export const STORAGE = "_storage";
/** The stored bytes of each document of `_storage`, for all components. Its UUIDs are secret: they give access to the files. */
export const STORED_BYTES = "_storage_bytes";

/**
 * The results of mutations that clients called over a WebSocket. A client that reconnects sends unanswered mutations again and
 * gets the recorded result.
 */
export const SESSION_REQUESTS = "_session_requests";

const READABLE: ReadonlySet<string> = new Set([SCHEDULED_FUNCTIONS, STORAGE]);

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
  {
    tableName: SESSION_REQUESTS,
    documentType: null,
    indexes: [{ indexDescriptor: "by_request", fields: ["session", "request"] }],
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

/** False for system tables that functions cannot read. */
export function isReadable(table: string): boolean {
  return !isSystemTable(table) || READABLE.has(table);
}

/** False for indexes of a system table that functions cannot use. */
export function isReadableIndex(table: string, index: string): boolean {
  return !isSystemTable(table) || isBuiltIn(index);
}

/** Adds the system tables to the app's schema. @throws Error if the app declares a table whose name begins with `_`. */
export function withSystemTables(schema: SchemaJSON | null): SchemaJSON {
  const reserved = schema?.tables.find(({ tableName }) => isSystemTable(tableName));
  if (reserved !== undefined) throw new Error(`${reserved.tableName} is a reserved table name.`);
  return {
    schemaValidation: schema?.schemaValidation ?? false,
    tables: [...(schema?.tables ?? []), ...TABLES],
  };
}
