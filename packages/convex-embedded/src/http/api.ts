/**
 * The API port: what Convex serves on a deployment's own address. Each thing that it serves is a route; there are those
 * of stored files (`storage.ts`) and those of Convex's tools (`../protocol/routes.ts`).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "./port";
import { openPort } from "./port";
import type { Upgrade } from "./upgrade";

/** One request to the API port. */
export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly query: URLSearchParams;
  /** What the groups of the route's path matched, percent signs and all. */
  readonly captured: readonly string[];
}

/** Answers a request. What it throws is a 500, or cuts the answer off if it had begun. */
type ApiHandler = (request: ApiRequest) => Promise<void>;

export interface ApiRoute {
  /** Matches the whole path. */
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, ApiHandler>>;
}

export interface ApiOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Early requests wait for it. */
  readonly routes: Promise<readonly ApiRoute[]>;
  readonly upgrade: Upgrade;
  /** Told of what a handler threw. */
  readonly failed: (request: string, error: unknown) => void;
}

/** A refusal in Convex's form: status, code, message. */
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

// Files of any size go either way, as long as something moves.
const IDLE_TIMEOUT_MS = 120_000;

const EXPOSED = "Accept-Ranges, Content-Length, Content-Range, Content-Type, Digest, ETag";

/** What a handler may have said of a file before it failed. */
const OF_A_FILE = ["accept-ranges", "content-range", "digest", "etag"];

/**
 * Listens.
 *
 * @throws Error that names the port if it is in use or may not be taken.
 */
export function listenApi(options: ApiOptions): Promise<HttpServer> {
  return openPort({
    host: options.host,
    port: options.port,
    option: "--api-port",
    requestTimeout: 0,
    idleTimeout: IDLE_TIMEOUT_MS,
    handle: (incoming, outgoing) => void answer(options, incoming, outgoing),
    upgrade: options.upgrade,
  });
}

/** Answers with JSON. */
export function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
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
  // Whoever has a URL may read what is there, from any page. No credentials are in play.
  outgoing.setHeader("access-control-allow-origin", "*");
  outgoing.setHeader("access-control-expose-headers", EXPOSED);
  outgoing.setHeader("x-content-type-options", "nosniff");
  try {
    await route(await options.routes, incoming, outgoing);
  } catch (error) {
    if (!(error instanceof ApiError)) {
      options.failed(`${incoming.method ?? ""} ${pathOf(incoming.url ?? "")}`, error);
    }
    refuse(outgoing, error);
  }
}

async function route(
  routes: readonly ApiRoute[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const target = incoming.url ?? "";
  const path = pathOf(target);
  for (const { path: pattern, methods } of routes) {
    const match = pattern.exec(path);
    if (!match) continue;
    const allowed = [...Object.keys(methods), "OPTIONS"].join(", ");
    if (incoming.method === "OPTIONS") {
      preflight(incoming, outgoing, allowed);
      return;
    }
    const handler = Object.hasOwn(methods, incoming.method ?? "")
      ? methods[incoming.method ?? ""]
      : undefined;
    if (handler === undefined) {
      throw new ApiError(405, "MethodNotAllowed", `This path answers ${allowed}.`, { allow: allowed });
    }
    const query = new URLSearchParams(target.slice(path.length));
    return handler({ incoming, outgoing, query, captured: match.slice(1) });
  }
  // Whoever takes one port for the other meets this line.
  const message = `There is nothing at ${path}. This port has stored files and Convex's tools; HTTP actions have another.`;
  throw new ApiError(404, "NotFound", message);
}

function preflight(incoming: IncomingMessage, outgoing: ServerResponse, allowed: string): void {
  const asked = incoming.headers["access-control-request-headers"];
  outgoing.setHeader("access-control-allow-methods", allowed);
  if (asked !== undefined) outgoing.setHeader("access-control-allow-headers", asked);
  outgoing.setHeader("access-control-max-age", "86400");
  outgoing.setHeader("vary", "Access-Control-Request-Headers");
  outgoing.writeHead(204).end();
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    // Too late to say so: what was begun must not look complete.
    outgoing.destroy();
    return;
  }
  for (const name of OF_A_FILE) outgoing.removeHeader(name);
  if (error instanceof ApiError) {
    for (const [name, value] of Object.entries(error.headers)) outgoing.setHeader(name, value);
    sendJson(outgoing, error.status, { code: error.code, message: error.message });
    return;
  }
  const message = "Your request couldn't be completed. Try again later.";
  sendJson(outgoing, 500, { code: "InternalServerError", message });
}

function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end === -1 ? target : target.slice(0, end);
}
