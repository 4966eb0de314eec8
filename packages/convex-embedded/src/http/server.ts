/** The port that serves HTTP actions. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Asset } from "./assets";
import { answerAsset } from "./assets";
import { BodyRoom } from "./bodyRoom";
import type { HttpServer } from "./port";
import { openPort } from "./port";
import { boundBody, hasBody } from "./requestBody";

export interface HttpOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Origin of the URLs that functions see. */
  readonly siteOrigin: () => string;
  /** Files that are answered before functions are asked. */
  readonly assets: readonly Asset[];
  /** The room for the bodies of requests. Default one of its own. */
  readonly room?: BodyRoom;
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
  const room = options.room ?? new BodyRoom();
  const listener = getRequestListener(
    (request, bindings) => {
      const sockets = bindings as Sockets;
      if (!hasBody(sockets.incoming)) return options.respond(request, sockets);
      const leave = boundBody(request, sockets.incoming, room);
      return options.respond(request, sockets).finally(leave);
    },
    { overrideGlobalObjects: false },
  );
  return openPort({
    host: options.host,
    port: options.port,
    option: "--port",
    requestTimeout: REQUEST_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
    handle(incoming, outgoing) {
      if (answerAsset(options.assets, incoming, outgoing)) return;
      const url = urlOf(incoming.url ?? "", options.siteOrigin());
      if (url === null) {
        outgoing.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("Bad request target\n");
        return;
      }
      // The listener takes an absolute target as it is, and makes none of the `Host` header then.
      incoming.url = url;
      void listener(incoming, outgoing);
    },
  });
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
