/**
 * The queries that Convex's tools ask a deployment itself. They belong to no project: their names begin with `_system/`
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

interface SystemCall {
  readonly deployment: Deployment;
  readonly engine: Engine;
  readonly args: Readonly<Record<string, JSONValue | undefined>>;
  /** `""` for the app. */
  readonly component: string;
}

/** @returns Convex's JSON form. */
type SystemQuery = (call: SystemCall) => JSONValue | Promise<JSONValue>;

/** What one page reads at most, so that no page goes beyond what a query may read. */
const MOST_ROWS = 16_000;
const MOST_BYTES = 8 * 1024 * 1024;

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
  // None is ever under way.
  "_system/cli/queryImport:list": () => [],
  "_system/frontend/components:list": ({ engine }) =>
    [...engine.components.keys()].map((path) => ({ id: path, path })),
};

/**
 * Runs a query of the tools, for the operator.
 *
 * @param path with or without `:default`. @throws SyscallError for queries and components that there are not.
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
    const known = mounted.length === 0 ? "No component is mounted." : `Mounted are: ${mounted.join(", ")}.`;
    throw new SyscallError(`There is no component "${component}". ${known}`);
  }
  const query = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  if (query !== undefined) return await query({ deployment, engine, args, component });
  throw new SyscallError(`The embedded runtime does not answer ${name}.`);
}

/** All of them at once: what a project has never takes more than a page. */
function tables({ engine, component }: SystemCall): JSONValue {
  const own = engine.store.catalog.tables(component).filter(({ name }) => !isSystemTable(name));
  return { page: own.map(({ name }) => ({ name })), isDone: true, continueCursor: "" };
}

/** @param args `table`, `order` and `paginationOpts` as `paginate` takes them. */
function tableData({ engine, args, component }: SystemCall): JSONValue {
  const { table, order, paginationOpts } = args;
  const { cursor = null, numItems } = (paginationOpts ?? {}) as { cursor?: string | null; numItems?: number };
  if (typeof table !== "string" || (order !== "asc" && order !== "desc") || typeof numItems !== "number") {
    throw new SyscallError("tableData takes `table`, `order` and `paginationOpts`");
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
      maximumRowsRead: MOST_ROWS,
      maximumBytesRead: MOST_BYTES,
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

/** A function as `npx convex function-spec` lists it. */
function specOf({ path, kind, visibility, args, returns }: LoadedFunction): JSONValue {
  const [module = "", name = ""] = path.split(":");
  // Validators are plain JSON, and the file that comes of this is read by people.
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
