/**
 * Streaming export for connectors such as those of Fivetran and Airbyte (`crates/local_backend/src/streaming_export.rs` of the
 * backend). It is off by default, because it needs the change log of the store.
 */
import type { ServerResponse } from "node:http";
import type { ApiRequest, ApiRoute } from "../../http/api";
import { ApiError, sendJson, sendJsonText } from "../../http/api";
import { badBody, fieldsOf, MAX_BYTES, parseJson, readText } from "../../http/body";
import type { ChangeReads } from "../../store/changes/changeReads";
import type { TableInfo } from "../../store/types";
import { isSystemTable } from "../../store/system/systemTables";
import { requireAdmin } from "../caller";
import type { Deployment } from "../deployment";
import { exactShapeOf } from "../shapes";
import { timestampIn, withQuotedIntegers } from "./exactNumbers";
import { formatIn } from "./formats";
import { columnsOf, tableSchema } from "./jsonSchemas";
import type { ExportPage, ExportRequest } from "./pages";
import { deltas, snapshotPage } from "./pages";
import { Selection } from "./selection";

const DISABLED =
  "Streaming export is not enabled, because it makes writes slower. Start the server with --streaming-export.";

type Fields = Readonly<Record<string, unknown>>;

export function streamingExportRoutes(deployment: Deployment): readonly ApiRoute[] {
  const { readChanges } = deployment;
  const requireEnabled = ({ incoming }: ApiRequest): NonNullable<typeof readChanges> => {
    requireAdmin(deployment, incoming);
    if (readChanges === null) throw new ApiError(403, "StreamingExportNotEnabled", DISABLED);
    return readChanges;
  };
  const get = (path: RegExp, answer: (request: ApiRequest) => Promise<void>): ApiRoute => ({
    path,
    methods: {
      async GET(request) {
        requireEnabled(request);
        await answer(request);
      },
    },
  });
  const page = (
    path: RegExp,
    requestIn: (fields: Fields) => (reads: ChangeReads) => ExportPage,
  ): ApiRoute => {
    const answer = async (
      request: ApiRequest,
      fieldsIn: (request: ApiRequest) => Fields | Promise<Fields>,
    ): Promise<void> => {
      const read = requireEnabled(request);
      sendPage(request.outgoing, read(requestIn(await fieldsIn(request))));
    };
    return {
      path,
      methods: {
        GET: (request) => answer(request, ({ query }) => Object.fromEntries(query)),
        POST: (request) =>
          answer(request, async ({ incoming }) =>
            fieldsOf(parseJson(withQuotedIntegers(await readText(incoming, MAX_BYTES)))),
          ),
      },
    };
  };
  return [
    page(/^\/api\/document_deltas$/, (fields) => {
      const cursor = timestamp(fields, "cursor");
      if (cursor === null) {
        throw new ApiError(400, "DocumentDeltasCursorRequired", "/api/document_deltas requires a cursor");
      }
      const request = exportRequest(deployment, fields);
      return (reads) => deltas(reads, cursor, request);
    }),
    page(/^\/api\/list_snapshot$/, (fields) => {
      const snapshot = timestamp(fields, "snapshot");
      const { cursor = null } = fields;
      if (cursor !== null && typeof cursor !== "string") throw badBody("`cursor` must be a string");
      const request = exportRequest(deployment, fields);
      const { catalog } = deployment.engine().store;
      return (reads) => snapshotPage(reads, catalog, { snapshot, cursor }, request);
    }),
    get(/^\/api\/test_streaming_export_connection$/, ({ outgoing }) => {
      sendJson(outgoing, 200, null);
      return Promise.resolve();
    }),
    get(/^\/api\/get_table_column_names$/, async ({ outgoing }) => {
      const byComponent: Record<string, { name: string; columns: readonly string[] }[]> = {};
      for (const table of tablesOf(deployment)) {
        const columns = columnsOf(await exactShapeOf(deployment.engine().store, table));
        (byComponent[table.component] ??= []).push({ name: table.name, columns });
      }
      sendJson(outgoing, 200, { byComponent });
    }),
    get(/^\/api\/json_schemas$/, async ({ outgoing, query }) => {
      const format = formatIn(query.get("format"));
      const inDeltas = query.get("deltaSchema") === "true";
      const all: Record<string, object> = {};
      const byComponent: Record<string, Record<string, object>> = {};
      for (const path of mountedIn(deployment)) byComponent[path] = {};
      for (const table of tablesOf(deployment)) {
        const shape = await exactShapeOf(deployment.engine().store, table);
        const schema = tableSchema(table.name, shape, format, inDeltas);
        all[table.name] = schema;
        (byComponent[table.component] ??= {})[table.name] = schema;
      }
      sendJson(outgoing, 200, query.get("byComponent") === "true" ? byComponent : all);
    }),
  ];
}

function exportRequest(deployment: Deployment, fields: Fields): ExportRequest {
  const { components } = deployment.engine();
  return {
    selection: Selection.of(fields),
    format: formatIn(fields["format"]),
    isMounted: (component) => components.has(component),
  };
}

/** @returns `null` if the request has no such field. @throws ApiError if it is not a timestamp. */
function timestamp(fields: Fields, name: string): bigint | null {
  const given = fields[name] ?? null;
  if (given === null) return null;
  return timestampIn(given) ?? badTimestamp(name);
}

function badTimestamp(name: string): never {
  throw badBody(`\`${name}\` must be a timestamp of an earlier response`);
}

function mountedIn(deployment: Deployment): string[] {
  return [...deployment.engine().components.keys()].sort();
}

/** Returns the tables of all mounted components. */
function tablesOf(deployment: Deployment): readonly TableInfo[] {
  const { catalog } = deployment.engine().store;
  return mountedIn(deployment)
    .flatMap((component) => catalog.tables(component))
    .filter(({ name }) => !isSystemTable(name));
}

function sendPage(outgoing: ServerResponse, { values, rest }: ExportPage): void {
  sendJsonText(outgoing, 200, `{"values":[${values.join(",")}],${rest}}`);
}
