/** An HTTP port that can be closed gracefully. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Server as Listener } from "node:net";
import { reportProgress } from "../exec/monitor";
import { Slots } from "../exec/slots";
import { threadScheduler } from "../exec/threadScheduler";
import { deferContinue } from "./expectContinue";
import { RequestStarter } from "./requestStarter";
import { isAfterLastResponse, closeLingering } from "./lingeringClose";
import { Pipelines } from "./pipelining";
import { onResponseEnd } from "./responseEnd";
import type { Upgrade } from "./upgrade";
import { isWebSocket, ignoreUpgrade } from "./upgrade";

export interface HttpServer {
  /** The actual port number. */
  readonly port: number;
  /**
   * Accepts no new connections, waits for requests in progress and for requests that are arriving on open connections, and
   * resolves when all sockets are closed.
   *
   * @param graceMs milliseconds after which the remaining sockets are destroyed.
   */
  close(graceMs: number): Promise<void>;
}

export interface PortOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The command line option for the port, named in errors: `--port`. */
  readonly option: string;
  /** How long a whole request may take to arrive, in milliseconds. 0 for no limit while bytes keep arriving. */
  readonly requestTimeout: number;
  /**
   * How long a client may stall in milliseconds: neither send its announced body nor read its response. 0 for no limit. A client
   * that waits for a response may wait as long as the work takes.
   */
  readonly idleTimeout: number;
  /** Answers a request. Must not throw. */
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Takes over WebSocket connections and closes them when the port closes. Without it the upgrade is ignored. */
  readonly upgrade?: Upgrade;
}

// A client that sends its headers one byte at a time holds a socket for at most this long.
const HEADERS_TIMEOUT_MS = 15_000;
// Longer than proxies keep their connections (nginx 60 s, Caddy 120 s): a request must not meet a connection that is closing.
const KEEP_ALIVE_MS = 130_000;
const CHECK_INTERVAL_MS = 5_000;
/** How long a closing port waits for requests that are already on their way. Milliseconds. */
const LAST_REQUESTS_MS = 250;

/**
 * Opens a port.
 *
 * @throws Error that names the port if it is in use or needs privileges.
 */
export async function openPort(options: PortOptions): Promise<HttpServer> {
  const active = new Slots<ServerResponse>();
  const requestStarter = new RequestStarter();
  const pipelines = new Pipelines();
  let closing = false;
  let idleEnd = false;

  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  });
  server.timeout = options.idleTimeout;
  // This also ends keep-alive connections between two requests.
  server.on("timeout", (socket: Socket) => {
    if (![...active].some((outgoing) => outgoing.socket === socket && isServersTurn(outgoing)))
      socket.destroy();
  });
  server.on("connection", () => {
    requestStarter.connected();
    threadScheduler.connected();
  });
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (isAfterLastResponse(incoming)) return;
    const slot = active.add(outgoing);
    reportProgress();
    onResponseEnd(outgoing, () => {
      active.delete(slot);
      reportProgress();
      // A response that began before the close could not send `Connection: close`.
      if (idleEnd) setImmediate(() => server.closeIdleConnections());
    });
    if (closing) outgoing.shouldKeepAlive = false;
    closeLingering(incoming, outgoing);
    pipelines.add(incoming, outgoing, () => requestStarter.add(() => options.handle(incoming, outgoing)));
  };
  server.on("request", answer);
  server.on("checkContinue", (incoming, outgoing) => {
    deferContinue(incoming, outgoing);
    answer(incoming, outgoing);
  });
  const { upgrade } = options;
  if (upgrade !== undefined) {
    server.on("upgrade", (incoming, socket, head: Buffer) => {
      // Pending responses would be written into the other protocol.
      if (pipelines.isBusy(incoming.socket)) {
        socket.destroy();
        return;
      }
      if (isWebSocket(incoming)) {
        upgrade(incoming, socket, head);
        return;
      }
      ignoreUpgrade(incoming, socket, head);
      server.emit("connection", socket);
    });
  }
  await bind(server, options);

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      closing = true;
      for (const outgoing of active) outgoing.shouldKeepAlive = false;
      // Not `Server.close`, which destroys idle connections immediately, including those on which a request is arriving.
      const closed = new Promise<void>((resolve) => Listener.prototype.close.call(server, () => resolve()));
      // A keep-alive connection would hold the server open. Requests that have arrived are read first.
      const last = setTimeout(
        () => {
          idleEnd = true;
          setImmediate(() => server.closeIdleConnections());
        },
        Math.min(LAST_REQUESTS_MS, graceMs),
      );
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(last);
      clearTimeout(cut);
      // Stops the timer that checks the connections of an HTTP server.
      server.close();
    },
  };
}

/** True if the client has sent its whole request and read everything so far, so the server must act next. */
function isServersTurn({ req, socket }: ServerResponse): boolean {
  return req.complete && socket?.writableLength === 0;
}

async function bind(server: Server, { host, port, option }: PortOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(withRemedy(error, { host, port, option }));
    });
    server.listen(port, host, resolve);
  });
}

/** Explains why the port cannot be opened and what to do. */
function withRemedy(
  cause: NodeJS.ErrnoException,
  place: Pick<PortOptions, "host" | "port" | "option">,
): Error {
  const { host, port, option } = place;
  const at = `Port ${port} on ${host}`;
  switch (cause.code) {
    case "EADDRINUSE":
      return new Error(
        `${at} is in use. Stop the program that uses it, or choose another port with ${option}.`,
        {
          cause,
        },
      );
    case "EACCES":
      return new Error(
        `${at} needs privileges that this user does not have. Choose a port above 1023 with ${option}.`,
        {
          cause,
        },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Error(`${host} is not an address of this machine. Choose another with --host.`, { cause });
    default:
      return cause;
  }
}
