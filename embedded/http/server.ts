/** The port that serves HTTP actions. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";

export interface HttpServer {
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Takes no new connections, waits for the requests under way and resolves when all sockets are closed.
   *
   * @param graceMs after that long the sockets that are left are cut.
   */
  close(graceMs: number): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Origin of the URLs that functions see. */
  readonly siteOrigin: () => string;
  readonly respond: (request: Request, sockets: Sockets) => Promise<Response>;
}

/** Node's side of a request. */
interface Sockets {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

// Who sends its headers one byte at a time holds a socket for so long, no longer. Bodies may come over slow lines.
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 30_000;
const CHECK_INTERVAL_MS = 5_000;

/**
 * Listens.
 *
 * @throws Error that names the port if it is in use or may not be taken.
 */
export async function listen(options: HttpOptions): Promise<HttpServer> {
  const active = new Set<ServerResponse>();
  let closing = false;

  const listener = getRequestListener(
    (request, { incoming, outgoing }) => options.respond(request, { incoming, outgoing } as Sockets),
    { overrideGlobalObjects: false },
  );
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  });
  server.on("request", (incoming, outgoing) => {
    active.add(outgoing);
    outgoing.once("close", () => {
      active.delete(outgoing);
      // A response that had begun before the server was to close could no longer say that its connection ends.
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    if (closing) outgoing.shouldKeepAlive = false;
    const url = urlOf(incoming.url ?? "", options.siteOrigin());
    if (url === null) {
      outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("Bad request target\n");
      return;
    }
    // The listener takes an absolute target as it is, and makes none of the `Host` header then.
    incoming.url = url;
    void listener(incoming, outgoing);
  });
  await bind(server, options);

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that is kept alive after its answer would hold the server open.
      for (const outgoing of active) outgoing.shouldKeepAlive = false;
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/**
 * The URL that the function is to see, `null` for a target that is no path: `*`, an authority, a broken URL.
 *
 * @param origin of the site; what an absolute target says of it is the client's word, as the `Host` header is.
 */
function urlOf(target: string, origin: string): string | null {
  if (target.startsWith("/")) return origin + target;
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  const { pathname, search } = new URL(target);
  return origin + pathname + search;
}

async function bind(server: Server, { host, port }: HttpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? inUse(host, port, error) : error);
    });
    server.listen(port, host, resolve);
  });
}

function inUse(host: string, port: number, cause: Error): Error {
  return new Error(
    `Port ${port} on ${host} is in use. Stop what listens there, or choose another with --port.`,
    {
      cause,
    },
  );
}
