/** The port that serves HTTP actions. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Asset } from "./assets";
import { answerAsset } from "./assets";
import { BodyMemory } from "./bodyMemory";
import type { HttpServer, PortOptions } from "./port";
import { openPort } from "./port";
import { limitBody, hasBody } from "./requestBody";
import { pathAndQuery } from "./target";

export interface HttpOptions extends Pick<PortOptions, "host" | "port"> {
  /** Origin of the URLs that functions see. */
  readonly siteOrigin: () => string;
  /** Files that are answered before functions are asked. */
  readonly assets: readonly Asset[];
  /** The room for the bodies of requests. Default one of its own. */
  readonly bodyMemory?: BodyMemory;
  readonly respond: (request: Request, sockets: Sockets) => Promise<Response>;
}

/** Node's side of a request. */
interface Sockets {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

// Bodies may come over slow lines, and an action waits for all of one.
const REQUEST_TIMEOUT_MS = 120_000;
const IDLE_TIMEOUT_MS = 120_000;

/**
 * Listens.
 *
 * @throws Error that names the port if it is in use or may not be taken.
 */
export function listen(options: HttpOptions): Promise<HttpServer> {
  const bodyMemory = options.bodyMemory ?? new BodyMemory();
  const listener = getRequestListener(
    (request, bindings) => {
      const sockets = bindings as Sockets;
      if (!hasBody(sockets.incoming)) return options.respond(request, sockets);
      const leave = limitBody(request, sockets.incoming, bodyMemory);
      return options.respond(request, sockets).finally(leave);
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
      // The listener takes an absolute target as it is, and makes none of the `Host` header then.
      incoming.url = options.siteOrigin() + target;
      void listener(incoming, outgoing);
    },
  });
}
