/**
 * Calls functions over HTTP, for `ConvexHttpClient` and `npx convex run`
 * (https://docs.convex.dev/http-api, `crates/local_backend/src/public_api.rs`).
 */
import type { JSONValue } from "convex/values";
import { SyscallError, toSyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import { describeFailure } from "../exec/failures";
import { parseArguments } from "../exec/validation";
import { pathFlaw } from "../exec/functionPath";
import { runFunction } from "../exec/run";
import type { ApiRequest, ApiRoute } from "../http/api";
import { ApiError, sendJson } from "../http/api";
import {
  badBody,
  fieldsOf,
  MAX_BYTES,
  MAX_OPERATOR_BYTES,
  parseJson,
  readJson,
  readText,
} from "../http/body";
import { textField } from "../http/jsonText";
import type { FunctionKind, LoadedFunction } from "../exec/loadedFunction";
import type { Caller } from "./caller";
import { badAdminKey, callerOf } from "./caller";
import type { Deployment } from "./deployment";
import { systemQuery } from "./system";
import type { Format } from "./values";
import { exported, exportedJson, formatOf } from "./values";

/** The status for an error that a function throws. */
const FUNCTION_FAILED = 560;

/** The requested function. */
export interface Named {
  /** `items:get`. */
  readonly path: string;
  /** `""` for the app. */
  readonly component: string;
  /** `null` for any kind. */
  readonly kind: FunctionKind | null;
}

interface Asked extends Named {
  readonly args: JSONValue;
  readonly format: Format;
}

/** Returns the routes. A function is looked up before its arguments are parsed, so an unauthorized call costs little. */
export function functionRoutes(deployment: Deployment): readonly ApiRoute[] {
  const post = (path: RegExp, ask: (request: ApiRequest, caller: Caller) => Promise<Asked>): ApiRoute => ({
    path,
    methods: {
      POST: async (request) => {
        const caller = await callerOf(deployment, request.incoming);
        await answer(deployment, request, caller, () => ask(request, caller));
      },
    },
  });
  return [
    post(/^\/api\/(query|mutation|action)$/, async ({ incoming, captured }, { admin }) => {
      const named = { component: "", kind: captured[0] as FunctionKind };
      const text = await readText(incoming, maxBytesOf(admin));
      // The operator may also run built-in queries, which are not functions of the project.
      if (!admin) await findAsked(deployment.engine(), { ...named, path: namedIn(text) }, admin);
      return { ...asked(fieldsOf(parseJson(text))), ...named };
    }),
    post(/^\/api\/function$/, async ({ incoming }, { admin }) => {
      if (!admin) throw badAdminKey();
      const fields = fieldsOf(await readJson(incoming, maxBytesOf(admin)));
      return { ...asked(fields), component: componentIn(fields), kind: null };
    }),
    post(/^\/api\/run\/(.+)$/, async ({ incoming, captured }, { admin }) => {
      const named = { path: pathOf(captured[0] ?? ""), component: "", kind: null };
      if (!admin) await findAsked(deployment.engine(), named, admin);
      const { args, format } = fieldsOf(await readJson(incoming, maxBytesOf(admin)));
      return { ...named, args: argumentsIn(args), format: formatOf(format) };
    }),
  ];
}

function maxBytesOf(admin: boolean): number {
  return admin ? MAX_OPERATOR_BYTES : MAX_BYTES;
}

async function answer(
  deployment: Deployment,
  { outgoing }: ApiRequest,
  caller: Caller,
  ask: () => Promise<Asked>,
): Promise<void> {
  const engine = deployment.engine();
  const { lines, requestId } = caller.origin;
  const logLines = (): object => (lines.length === 0 ? {} : { logLines: lines });
  let format: Format = "clean";
  try {
    const call = await ask();
    format = call.format;
    const value = await resultOf(deployment, engine, caller, call);
    sendJson(outgoing, 200, { status: "success", value, ...logLines() });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const { data } = error;
    sendJson(outgoing, FUNCTION_FAILED, {
      status: "error",
      errorMessage: failureMessage(engine, requestId, error),
      ...(data !== undefined && { errorData: exportedJson(data, format) }),
      ...logLines(),
    });
  }
}

async function resultOf(
  deployment: Deployment,
  engine: Engine,
  { admin, origin }: Caller,
  call: Asked,
): Promise<JSONValue> {
  const { path, component, format } = call;
  if (admin && path.startsWith("_system/")) {
    const args = call.args as Readonly<Record<string, JSONValue>>;
    return exportedJson(await systemQuery(deployment, path, args, component), format);
  }
  const { kind } = await findAsked(engine, call, admin);
  const asked = { component, name: path, kind: call.kind ?? kind, args: parseArguments(call.args) };
  return exported(await runFunction(engine, asked, origin), format);
}

/** Finds the function of a request. @throws ApiError for a path that cannot name a function, SyscallError as `findCallable`. */
function findAsked(engine: Engine, call: Named, admin: boolean): Promise<LoadedFunction> {
  const flaw = pathFlaw(call.path);
  if (flaw === null) return findCallable(engine, call, admin);
  const message = `${call.path} is not a valid path to a Convex function. ${flaw}`;
  throw new ApiError(400, "BadConvexFunctionIdentifier", message);
}

/** Formats an error as Convex sends it to clients. */
export function failureMessage(engine: Engine, requestId: string, error: SyscallError): string {
  return `[Request ID: ${requestId}] Server Error\n${describeFailure(engine, error)}\n`;
}

/** Finds a function. @throws SyscallError with Convex's message, the same for a missing function and one that the caller may not call. */
export async function findCallable(engine: Engine, call: Named, admin: boolean): Promise<LoadedFunction> {
  const { component, path } = call;
  const modules = engine.components.get(component)?.modules;
  const found = await Promise.resolve(modules?.find(path)).catch((error: unknown) => {
    throw toSyscallError(error);
  });
  if (found && (admin || found.visibility === "public")) return found;
  const name = path.replace(/\.js(?=:|$)/, "").replace(/:default$/, "");
  const where = component === "" ? "" : ` in component "${component}"`;
  throw new SyscallError(
    `Could not find ${call.kind === null ? "" : "public "}function for '${name}'${where}. Did you forget to run ` +
      "`npx convex dev` or `npx convex deploy`?",
  );
}

/** Returns the function's path in a body that is not parsed yet. */
function namedIn(text: string): string {
  const path = textField(text, "path");
  if (path === null) throw noPath();
  return path;
}

function asked(fields: Readonly<Record<string, unknown>>): Pick<Asked, "path" | "args" | "format"> {
  const { path, args, format } = fields;
  if (typeof path !== "string") throw noPath();
  return { path, args: argumentsIn(args), format: formatOf(format) };
}

function noPath(): ApiError {
  return badBody("it must be an object whose `path` names a function");
}

/** Returns the arguments object. As on Convex, a list with one object is also accepted. */
function argumentsIn(args: unknown): JSONValue {
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  const [object, ...more] = list.length === 0 ? [{}] : list;
  if (more.length > 0 || typeof object !== "object" || object === null || Array.isArray(object)) {
    throw badBody("`args` must be an object with the function's arguments");
  }
  // Safe: it was parsed from JSON.
  return object as JSONValue;
}

function componentIn({ componentPath }: Readonly<Record<string, unknown>>): string {
  if (componentPath === undefined || componentPath === null) return "";
  if (typeof componentPath === "string") return componentPath;
  throw badBody("`componentPath` must be the path of a component");
}

/** Converts `items/get` to `items:get`. */
function pathOf(encoded: string): string {
  const parts = encoded.split("/");
  const name = parts.pop();
  if (name === undefined || name === "" || parts.length === 0) throw missingIdentifier();
  try {
    return `${parts.map(decodeURIComponent).join("/")}:${decodeURIComponent(name)}`;
  } catch {
    throw missingIdentifier();
  }
}

function missingIdentifier(): ApiError {
  const message = "Path or function name not provided in path, e.g. /api/run/messages/list";
  return new ApiError(400, "MissingIdentifier", message);
}
