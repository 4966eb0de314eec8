/**
 * The built-in queries that Convex's tools send to a deployment. Their names begin with `_system/`
 * (`npm-packages/system-udfs/convex/_system/cli` in get-convex/convex-backend).
 */
import type { JSONValue } from "convex/values";
import { SyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import { Execution } from "../exec/execution";
import { queryPage } from "../exec/query/page";
import { operatorOrigin } from "../exec/origins";
import type { LoadedFunction } from "../exec/loadedFunction";
import { isSystemTable } from "../store/system/systemTables";
import type { Deployment } from "./deployment";
import { importState, latestExport } from "./exchange";

interface SystemCall {
  readonly deployment: Deployment;
  readonly engine: Engine;
  readonly args: Readonly<Record<string, JSONValue | undefined>>;
  /** `""` for the app. */
  readonly component: string;
}

/** Answers a built-in query in Convex's JSON. */
type SystemQuery = (call: SystemCall) => JSONValue | Promise<JSONValue>;

/** Rows per page, so that a page stays within the read limits of a query. */
const MAX_ROWS = 16_000;
const MAX_BYTES = 8 * 1024 * 1024;

const QUERIES: Readonly<Record<string, SystemQuery>> = {
  "_system/cli/tables": tables,
  "_system/cli/tableData": tableData,
  "_system/cli/modules:apiSpec": async ({ engine, component }) => {
    const functions = (await engine.components.get(component)?.modules.functions()) ?? [];
    return functions.map(specOf);
  },
  "_system/cli/queryEnvironmentVariables": ({ deployment }) =>
    [...deployment.environment.listed()].map(([name, value]) => ({ name, value })).sort(byName),
  "_system/cli/queryEnvironmentVariables:get": ({ deployment, args: { name = "" } }) => {
    const value = typeof name === "string" ? deployment.environment.listed().get(name) : undefined;
    return value === undefined ? null : { name, value };
  },
  "_system/cli/convexUrl:cloudUrl": ({ deployment }) => deployment.environment.cloudUrl,
  // An import is one transaction, so another one may start at any time: it waits.
  "_system/cli/queryImport:list": () => [],
  "_system/cli/queryImport": ({ deployment, args: { importId } }) => importState(deployment, importId),
  "_system/cli/exports:getLatest": ({ deployment }) => latestExport(deployment),
  "_system/frontend/getSchemas": getSchemas,
  "_system/frontend/components:list": ({ engine }) =>
    [...engine.components.keys()].map((path) => ({ id: path, path })),
};

/**
 * Runs a built-in query for the operator.
 *
 * @param path with or without `:default`. @throws SyscallError for an unknown query or component.
 */
export async function systemQuery(
  deployment: Deployment,
  path: string,
  args: SystemCall["args"],
  component: string,
): Promise<JSONValue> {
  const name = path.replace(/\.js(?=:|$)/, "").replace(/:default$/, "");
  const engine = deployment.engine();
  if (!engine.components.has(component)) {
    const mounted = [...engine.components.keys()].filter((known) => known !== "");
    const known =
      mounted.length === 0 ? "No component is mounted." : `Mounted components: ${mounted.join(", ")}.`;
    throw new SyscallError(`Component "${component}" not found. ${known}`);
  }
  const query = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  if (query !== undefined) return await query({ deployment, engine, args, component });
  throw new SyscallError(`The embedded runtime does not support ${name}.`);
}

/** Lists all tables at once: the tables of a project always fit into one page. */
function tables({ engine, component }: SystemCall): JSONValue {
  const own = engine.store.catalog.tables(component).filter(({ name }) => !isSystemTable(name));
  return { page: own.map(({ name }) => ({ name })), isDone: true, continueCursor: "" };
}

/** Returns the schema in service as text, `null` without one. @param args `componentId`, by default the call's component. */
async function getSchemas({ engine, component, args: { componentId } }: SystemCall): Promise<JSONValue> {
  const path = typeof componentId === "string" ? componentId : component;
  const schema = (await engine.components.get(path)?.modules.schema()) ?? null;
  if (schema === null) return { active: null, inProgress: null };
  const tables = schema.tables.map((table) => ({ searchIndexes: [], vectorIndexes: [], ...table }));
  return { active: JSON.stringify({ ...schema, tables }), inProgress: null };
}

/** Reads a page of a table. @param args `table`, `order`, and `paginationOpts` as for `paginate`. */
function tableData({ engine, args, component }: SystemCall): JSONValue {
  const { table, order, paginationOpts } = args;
  const { cursor = null, numItems } = (paginationOpts ?? {}) as { cursor?: string | null; numItems?: number };
  if (typeof table !== "string" || (order !== "asc" && order !== "desc") || typeof numItems !== "number") {
    throw new SyscallError("tableData needs `table`, `order` and `paginationOpts`");
  }
  const reader = engine.store.snapshot();
  const execution = new Execution({
    engine,
    kind: "query",
    path: "_system/cli/tableData",
    component,
    origin: operatorOrigin(),
    now: engine.clock(),
    parent: null,
    reader,
    transaction: null,
  });
  try {
    const page = queryPage(execution, {
      query: { source: { type: "FullTableScan", tableName: table, order }, operators: [] },
      cursor,
      pageSize: numItems,
      maximumRowsRead: MAX_ROWS,
      maximumBytesRead: MAX_BYTES,
    });
    return JSON.parse(page) as JSONValue;
  } finally {
    execution.end();
    reader.release();
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** Describes a function in the format of `npx convex function-spec`. */
function specOf({ path, kind, visibility, args, returns }: LoadedFunction): JSONValue {
  const [module = "", name = ""] = path.split(":");
  // Validators are plain JSON, and people read the resulting file.
  return JSON.parse(
    JSON.stringify({
      identifier: `${module}.js:${name}`,
      functionType: kind.charAt(0).toUpperCase() + kind.slice(1),
      visibility: { kind: visibility },
      args,
      returns: returns ?? { type: "any" },
    }),
  ) as JSONValue;
}
