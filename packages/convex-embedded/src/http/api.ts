/**
 * The API port, which corresponds to the address of a Convex deployment. Its routes serve stored files (`storage.ts`) and Convex's
 * tools (`../protocol/routes.ts`).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { SERVICE_UNAVAILABLE } from "../exec/errors";
import { isUnavailable } from "../store/unavailable";
import type { RequestMetrics } from "../metrics/requestMetrics";
import type { OriginRule } from "./allowedOrigins";
import type { HttpServer, PortOptions } from "./port";
import { openPort } from "./port";
import { onResponseEnd } from "./responseEnd";
import { pathAndQuery } from "./target";
import type { Upgrade } from "./upgrade";

/** One request to the API port. */
export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly query: URLSearchParams;
  /** The matches of the groups in the route's path, still percent-encoded. */
  readonly captured: readonly string[];
}

/** Answers a request. An error becomes a 500, or aborts the response if it has begun. */
type ApiHandler = (request: ApiRequest) => Promise<void>;

export interface ApiRoute {
  /** Matches the whole path. */
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, ApiHandler>>;
  /** True if the URL is the permission, so pages of any origin may use it. */
  readonly anyOrigin?: true;
}

export interface ApiOptions extends Pick<PortOptions, "host" | "port"> {
  /** Requests that arrive earlier wait for it. */
  readonly routes: Promise<readonly ApiRoute[]>;
  /** Which pages may use the port. */
  readonly allows: OriginRule;
  readonly upgrade: Upgrade;
  readonly metrics: RequestMetrics;
  /** Reports an error that a handler threw. */
  readonly failed: (request: string, error: unknown) => void;
}

/** A refusal in Convex's format: status, code, message. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The client has closed its connection. This is not a server error, and no response is possible. */
export class ClientGone extends Error {}

// Transfers may take any time as long as bytes keep moving.
const IDLE_TIMEOUT_MS = 120_000;

const REFUSED_ORIGIN =
  "Pages of this origin may not use this port. Allow the origin with --api-port-origins or CONVEX_API_PORT_ORIGINS.";

const EXPOSED = "Accept-Ranges, Content-Length, Content-Range, Content-Type, Digest, ETag";

/** Seconds until a client may retry after a store failure. */
const RETRY_AFTER = "5";

/** Headers about a file that a handler may have set before it failed. */
const FILE_HEADERS = ["accept-ranges", "content-range", "digest", "etag"];

/**
 * Listens on the API port.
 *
 * @throws Error that names the port if it is in use or needs privileges.
 */
export function listenApi(options: ApiOptions): Promise<HttpServer> {
  return openPort({
    ...options,
    option: "--api-port",
    requestTimeout: 0,
    idleTimeout: IDLE_TIMEOUT_MS,
    handle: (incoming, outgoing) => void answer(options, incoming, outgoing),
  });
}

export function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  sendJsonText(outgoing, status, JSON.stringify(body));
}

export function sendJsonText(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.setHeader("cache-control", "no-store");
  outgoing.setHeader("content-type", "application/json");
  outgoing.setHeader("content-length", Buffer.byteLength(text));
  outgoing.writeHead(status).end(text);
}

async function answer(
  options: ApiOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { metrics, routes } = options;
  const started = performance.now();
  metrics.inFlight++;
  onResponseEnd(outgoing, () => metrics.inFlight--);
  outgoing.setHeader("x-content-type-options", "nosniff");
  const { url = "", method = "" } = incoming;
  const target = pathAndQuery(url) ?? url;
  let found: ApiRoute | undefined;
  try {
    found = (await routes).find(({ path }) => path.test(pathOf(target)));
    await route(options, target, { incoming, outgoing }, found);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ClientGone)) {
      options.failed(`${incoming.method ?? ""} ${pathOf(target)}`, error);
    }
    refuse(outgoing, error);
  }
  const name = `${method} ${found === undefined ? "/*" : patternOf(found)}`;
  metrics.answered(name, outgoing.statusCode, (performance.now() - started) / 1_000);
}

async function route(
  { allows }: ApiOptions,
  target: string,
  { incoming, outgoing }: Pick<ApiRequest, "incoming" | "outgoing">,
  found: ApiRoute | undefined,
): Promise<void> {
  const path = pathOf(target);
  const { method = "" } = incoming;
  if (found !== undefined) {
    const { path: pattern, methods, anyOrigin = false } = found;
    const [, ...captured] = pattern.exec(path) ?? [];
    admit(incoming, outgoing, anyOrigin || allows);
    const allowed = [...Object.keys(methods), "OPTIONS"].join(", ");
    if (method === "OPTIONS") {
      preflight(incoming, outgoing, allowed);
      return;
    }
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handler === undefined) {
      throw new ApiError(405, "MethodNotAllowed", `This path accepts only ${allowed}.`, { allow: allowed });
    }
    const query = new URLSearchParams(target.slice(path.length));
    return handler({ incoming, outgoing, query, captured });
  }
  admit(incoming, outgoing, allows);
  // A client that confuses the two ports sees this message.
  const message = `Nothing found at ${path}. This port serves stored files and Convex's tools. HTTP actions have another port.`;
  throw new ApiError(404, "NotFound", message);
}

/** Sets the CORS headers for the requesting page. @throws ApiError if its origin is not allowed. */
function admit(incoming: IncomingMessage, outgoing: ServerResponse, rule: OriginRule | true): void {
  const { origin } = incoming.headers;
  if (rule !== true) outgoing.setHeader("vary", "Origin");
  if (rule !== true && origin !== undefined && !rule(origin)) {
    throw new ApiError(403, "OriginNotAllowed", REFUSED_ORIGIN);
  }
  // A wildcard is safe: browsers store no credentials for this port.
  if (rule === true) outgoing.setHeader("access-control-allow-origin", "*");
  else if (origin !== undefined) outgoing.setHeader("access-control-allow-origin", origin);
  outgoing.setHeader("access-control-expose-headers", EXPOSED);
}

function preflight(incoming: IncomingMessage, outgoing: ServerResponse, allowed: string): void {
  const asked = incoming.headers["access-control-request-headers"];
  outgoing.setHeader("access-control-allow-methods", allowed);
  if (asked !== undefined) outgoing.setHeader("access-control-allow-headers", asked);
  outgoing.setHeader("access-control-max-age", "86400");
  outgoing.appendHeader("vary", "Access-Control-Request-Headers");
  outgoing.writeHead(204).end();
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    // The response has begun, so abort it: it must not look complete.
    outgoing.destroy();
    return;
  }
  for (const name of FILE_HEADERS) outgoing.removeHeader(name);
  if (error instanceof ApiError) {
    for (const [name, value] of Object.entries(error.headers)) outgoing.setHeader(name, value);
    sendJson(outgoing, error.status, { code: error.code, message: error.message });
    return;
  }
  if (isUnavailable(error)) {
    outgoing.setHeader("retry-after", RETRY_AFTER);
    sendJson(outgoing, 503, { code: "ServiceUnavailable", message: SERVICE_UNAVAILABLE });
    return;
  }
  const message = "Your request couldn't be completed. Try again later.";
  sendJson(outgoing, 500, { code: "InternalServerError", message });
}

/** Returns the pattern of a route's path for metrics, with `*` for each variable part: `/api/storage/*`. */
function patternOf({ path: { source } }: ApiRoute): string {
  const plain = source.replaceAll(/^\^|\$$/g, "").replaceAll("\\/", "/");
  return plain.replaceAll(/\((?:[^()]|\([^()]*\))*\)\??/g, "*");
}

function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end === -1 ? target : target.slice(0, end);
}
