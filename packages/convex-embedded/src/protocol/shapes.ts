/** The shapes of stored documents, for the `tables` tool of `npx convex mcp` (`crates/common/src/shapes` of the backend). */
import { setImmediate as turn } from "node:timers/promises";
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { ApiRoute } from "../http/api";
import { sendJson } from "../http/api";
import { creationIndex } from "../store/catalog";
import type { Catalog, Store, TableInfo } from "../store/types";
import { isSystemTable } from "../store/system/systemTables";
import { decodeId } from "../values/ids";
import { encodeKey, prefixEnd } from "../values/keys";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

export type Shape =
  | { readonly type: "Never" | "Unknown" | "Null" | "Int64" | "Boolean" | "String" | "Bytes" }
  /** Special are infinity, NaN and minus zero. */
  | { readonly type: "Float64"; readonly float64Range: { readonly hasSpecialValues: boolean } }
  | { readonly type: "Id"; readonly tableName: string }
  | { readonly type: "Array"; readonly shape: Shape }
  | { readonly type: "Object"; readonly fields: readonly Field[] }
  | { readonly type: "Union"; readonly shapes: readonly Shape[] };

interface Field {
  readonly fieldName: string;
  readonly optional: boolean;
  readonly shape: Shape;
}

/** The shapes come from this many of the newest documents of a table. Convex keeps them current for all documents. */
const SAMPLE = 1_000;
/** Objects with more fields are dictionaries, whose keys say nothing about the others. As on Convex. */
const MAX_FIELDS = 64;

export function shapeRoutes(deployment: Deployment): readonly ApiRoute[] {
  return [
    {
      path: /^\/api\/shapes2$/,
      methods: {
        GET({ incoming, outgoing, query }) {
          requireAdmin(deployment, incoming);
          const { store } = deployment.engine();
          const tables = store.catalog.tables(query.get("component") ?? "");
          const own = tables.filter(({ name }) => !isSystemTable(name));
          sendJson(
            outgoing,
            200,
            Object.fromEntries(own.map((table) => [table.name, shapeOf(store, table)])),
          );
          return Promise.resolve();
        },
      },
    },
  ];
}

function shapeOf(store: Store, table: TableInfo): Shape {
  let shape: Shape = { type: "Never" };
  let count = 0;
  for (shape of shapesOf(store, table)) if (++count === SAMPLE) break;
  return shape;
}

/** The number of documents between turns of the event loop. */
const BATCH = 500;

/** Returns the shape of all documents of a table. */
export async function exactShapeOf(store: Store, table: TableInfo): Promise<Shape> {
  let shape: Shape = { type: "Never" };
  let count = 0;
  for (shape of shapesOf(store, table)) if (++count % BATCH === 0) await turn();
  return shape;
}

/** Yields the shape of the documents so far after each document of a table, newest first. */
function* shapesOf(store: Store, table: TableInfo): Generator<Shape> {
  let shape: Shape = { type: "Never" };
  const snapshot = store.snapshot();
  try {
    const start = encodeKey([]);
    const rows = snapshot.scan(creationIndex(table), { start, end: prefixEnd(start) }, "desc");
    for (let row = rows.next(); row !== null; row = rows.next()) {
      const document = jsonToConvex(JSON.parse(row.json) as JSONValue);
      yield (shape = merged(shape, valueShape(document, store.catalog, table.component)));
    }
  } finally {
    snapshot.release();
  }
}

function valueShape(value: Value | undefined, catalog: Catalog, component: string): Shape {
  if (value === null || value === undefined) return { type: "Null" };
  if (typeof value === "bigint") return { type: "Int64" };
  if (typeof value === "number") {
    const hasSpecialValues = !Number.isFinite(value) || Object.is(value, -0);
    return { type: "Float64", float64Range: { hasSpecialValues } };
  }
  if (typeof value === "boolean") return { type: "Boolean" };
  if (value instanceof ArrayBuffer) return { type: "Bytes" };
  if (typeof value === "string") {
    const table = catalog.tableByNumber(component, decodeId(value)?.tableNumber ?? 0);
    return table === null ? { type: "String" } : { type: "Id", tableName: table.name };
  }
  if (Array.isArray(value)) {
    const values: readonly Value[] = value;
    const elements = values.map((element) => valueShape(element, catalog, component));
    return { type: "Array", shape: elements.reduce(merged, { type: "Never" }) };
  }
  // A stored value contains no placeholder of a commit's timestamp.
  const stored = value as Readonly<Record<string, Value | undefined>>;
  const fields = Object.entries(stored).map(([fieldName, field]): Field => {
    return { fieldName, optional: false, shape: valueShape(field, catalog, component) };
  });
  return fields.length > MAX_FIELDS ? { type: "Unknown" } : { type: "Object", fields };
}

/** Returns the shape of values that have one shape or the other. */
function merged(a: Shape, b: Shape): Shape {
  if (a.type === "Never") return b;
  if (b.type === "Never" || a.type === "Unknown") return a;
  if (a.type === "Union") return { type: "Union", shapes: withMember(a.shapes, b) };
  if (b.type === "Union") return b.shapes.reduce(merged, a);
  const joined = joinedShape(a, b);
  return joined ?? { type: "Union", shapes: [a, b] };
}

function withMember(shapes: readonly Shape[], added: Shape): readonly Shape[] {
  for (const [at, shape] of shapes.entries()) {
    const joined = joinedShape(shape, added);
    if (joined !== null) return shapes.with(at, joined);
  }
  return [...shapes, added];
}

/** Joins two shapes of the same type, `null` for different types. */
function joinedShape(a: Shape, b: Shape): Shape | null {
  if (a.type === "Array" && b.type === "Array") return { type: "Array", shape: merged(a.shape, b.shape) };
  if (a.type === "Object" && b.type === "Object") return joinedObject(a.fields, b.fields);
  if (a.type === "Float64" && b.type === "Float64") return a.float64Range.hasSpecialValues ? a : b;
  if (a.type === "Id" && b.type === "Id") return a.tableName === b.tableName ? a : { type: "String" };
  return a.type === b.type ? a : null;
}

function joinedObject(a: readonly Field[], b: readonly Field[]): Shape {
  const names = [...new Set([...a, ...b].map(({ fieldName }) => fieldName))];
  if (names.length > MAX_FIELDS) return { type: "Unknown" };
  const fields = names.map((fieldName): Field => {
    const [left, right] = [a, b].map((side) => side.find((field) => field.fieldName === fieldName));
    const shape = merged(left?.shape ?? { type: "Never" }, right?.shape ?? { type: "Never" });
    return { fieldName, optional: left?.optional !== false || right?.optional !== false, shape };
  });
  return { type: "Object", fields };
}
