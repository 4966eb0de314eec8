/** `npx convex import` and `export` over HTTP (`crates/local_backend/src/snapshot_{import,export}.rs`). */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { JSONValue } from "convex/values";
import { convexToJson } from "convex/values";
import { SyscallError } from "../exec/errors";
import type { ImportRequest } from "../exchange/server/imports";
import type { ApiRequest, ApiRoute } from "../http/api";
import { ApiError, sendJson } from "../http/api";
import { isTableName } from "../store/definitions";
import { badBody, fieldsOf, MAX_OPERATOR_BYTES, readJson } from "../http/body";
import { requireAdmin } from "./caller";
import type { Deployment } from "./deployment";

const MODES = ["requireEmpty", "append", "replace", "replaceAll"] as const;
const FORMATS = ["zip", "csv", "jsonLines", "jsonArray"] as const;

export function exchangeRoutes(deployment: Deployment): readonly ApiRoute[] {
  const { exports, imports } = deployment;
  const route = (
    method: "GET" | "POST",
    path: RegExp,
    handle: (request: ApiRequest) => Promise<void>,
  ): ApiRoute => ({
    path,
    methods: {
      async [method](request) {
        requireAdmin(deployment, request.incoming);
        await handle(request);
      },
    },
  });
  const idIn = async ({ incoming }: ApiRequest): Promise<string> => {
    const { importId } = fieldsOf(await readJson(incoming, MAX_OPERATOR_BYTES));
    return typeof importId === "string" ? importId : "";
  };
  return [
    route("POST", /^\/api\/export\/request\/zip$/, ({ query, outgoing }) => {
      if (!exports.start(query.get("includeStorage") === "true")) {
        throw new ApiError(400, "ExportInProgress", "An export is already in progress.");
      }
      sendJson(outgoing, 200, null);
      return Promise.resolve();
    }),
    route("GET", /^\/api\/export\/zip\/(\d{1,20})$/, async ({ outgoing, captured }) => {
      const at = captured[0] ?? "";
      const file = exports.file(BigInt(at));
      if (file === null)
        throw new ApiError(404, "ExportNotFound", "This export does not exist any more. Request another.");
      outgoing.setHeader("content-type", "application/zip");
      outgoing.setHeader("content-length", file.size);
      outgoing.setHeader("content-disposition", `attachment; filename=snapshot_${at}.zip`);
      // A client that disconnects is not a server error, so do not log it.
      await pipeline(createReadStream(file.path), outgoing).catch(() => undefined);
    }),
    route("POST", /^\/api\/import\/start_upload$/, ({ outgoing }) => {
      sendJson(outgoing, 200, { uploadToken: startedImport(imports) });
      return Promise.resolve();
    }),
    route("POST", /^\/api\/import\/upload_part$/, async ({ incoming, outgoing, query }) => {
      const part = Number(query.get("partNumber"));
      if (!Number.isSafeInteger(part)) throw badBody("`partNumber` must be an integer");
      if (!(await imports.addPart(query.get("uploadToken") ?? "", part, incoming))) throw unknownImport();
      sendJson(outgoing, 200, String(part));
    }),
    route("POST", /^\/api\/import\/finish_upload$/, async ({ incoming, outgoing }) => {
      const fields = fieldsOf(await readJson(incoming, MAX_OPERATOR_BYTES));
      const importId = String(fields["uploadToken"]);
      if (!imports.finish(importId, requestIn(deployment, fields["import"]))) throw unknownImport();
      sendJson(outgoing, 200, { importId });
    }),
    route("POST", /^\/api\/perform_import$/, async (request) => {
      if (!imports.confirm(await idIn(request))) throw unknownImport();
      sendJson(request.outgoing, 200, null);
    }),
    route("POST", /^\/api\/cancel_import$/, async (request) => {
      imports.cancel(await idIn(request));
      sendJson(request.outgoing, 200, null);
    }),
  ];
}

/** `_system/cli/exports:getLatest`: answers once the last export has ended. */
export async function latestExport({ exports }: Deployment): Promise<JSONValue> {
  const latest = await exports.latest();
  if (latest.state === "none") return null;
  if (latest.state === "failed") return { state: "failed" };
  const { at } = latest;
  return convexToJson({ state: "completed", start_ts: at, complete_ts: at, zip_object_key: `${at}.zip` });
}

/** `_system/cli/queryImport`: answers once the import has ended or waits for confirmation. */
export async function importState({ imports }: Deployment, importId: unknown): Promise<JSONValue> {
  const found = await imports.state(String(importId));
  if (found === null) throw new SyscallError("This import does not exist.");
  switch (found.state) {
    case "completed":
      return { state: convexToJson({ state: "completed", num_rows_written: BigInt(found.documents) }) };
    case "failed":
      return { state: { state: "failed", error_message: found.message } };
    case "waiting_for_confirmation":
      return {
        state: {
          state: "waiting_for_confirmation",
          message_to_confirm: found.message,
          require_manual_confirmation: true,
        },
      };
  }
}

function startedImport(imports: Deployment["imports"]): string {
  try {
    return imports.start();
  } catch (error) {
    throw new ApiError(400, "TooManyImports", (error as Error).message);
  }
}

function requestIn(deployment: Deployment, given: unknown): ImportRequest {
  const { mode, format, componentPath, tableName } = fieldsOf(given);
  const component = typeof componentPath === "string" ? componentPath : "";
  if (!deployment.engine().components.has(component)) {
    throw new ApiError(400, "ComponentNotFound", `Component "${component}" not found.`);
  }
  const found = {
    mode: MODES.find((known) => known === mode),
    format: FORMATS.find((known) => known === format),
  };
  if (found.mode === undefined) throw badBody(`\`mode\` must be one of ${MODES.join(", ")}`);
  if (found.format === undefined) throw badBody(`\`format\` must be one of ${FORMATS.join(", ")}`);
  const table = typeof tableName === "string" ? tableName : "";
  if (found.format !== "zip" && !isTableName(table)) {
    throw new ApiError(400, "InvalidTableName", `"${table}" is not a valid table name.`);
  }
  return { mode: found.mode, format: found.format, component, table };
}

function unknownImport(): ApiError {
  return new ApiError(404, "ImportNotFound", "This import does not exist, or its upload has ended.");
}
