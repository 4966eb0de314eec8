/** The port that serves HTTP actions. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Asset } from "./assets";
import { answerAsset } from "./assets";
import { BodyMemory } from "./bodyMemory";
import type { HttpServer, PortOptions } from "./port";
import { openPort } from "./port";
import { compressResponse } from "./contentCoding";
import { limitBody, hasBody } from "./requestBody";
import { pathAndQuery } from "./target";

export interface HttpOptions extends Pick<PortOptions, "host" | "port"> {
  /** The origin of the URLs that functions see. */
  readonly siteOrigin: () => string;
  /** Files that are served before functions are called. */
  readonly assets: readonly Asset[];
  /** The memory for request bodies. Default: a new one. */
  readonly bodyMemory?: BodyMemory;
  readonly respond: (request: Request, sockets: Sockets) => Promise<Response>;
}

/** Node's request and response. */
interface Sockets {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

// Bodies may arrive over slow lines, and an action waits for a whole body.
const REQUEST_TIMEOUT_MS = 120_000;
const IDLE_TIMEOUT_MS = 120_000;

/**
 * Listens on the HTTP action port.
 *
 * @throws Error that names the port if it is in use or needs privileges.
 */
export function listen(options: HttpOptions): Promise<HttpServer> {
  const bodyMemory = options.bodyMemory ?? new BodyMemory();
  const respond = (request: Request, sockets: Sockets) =>
    options
      .respond(request, sockets)
      .then((response) => compressResponse(response, sockets.incoming.headers["accept-encoding"]));
  const listener = getRequestListener(
    (request, bindings) => {
      const sockets = bindings as Sockets;
      const { incoming } = sockets;
      if (!hasBody(incoming)) return respond(request, sockets);
      const leave = limitBody(request, incoming, bodyMemory);
      return respond(request, sockets).finally(leave);
    },
    { overrideGlobalObjects: false },
  );
  return openPort({
    ...options,
    option: "--port",
    requestTimeout: REQUEST_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
    handle(incoming, outgoing) {
      const target = pathAndQuery(incoming.url ?? "");
      if (target === null) {
        outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("Bad request target\n");
        return;
      }
      incoming.url = target;
      if (answerAsset(options.assets, incoming, outgoing)) return;
      // With an absolute target the listener does not use the `Host` header.
      incoming.url = options.siteOrigin() + target;
      void listener(incoming, outgoing);
    },
  });
}
