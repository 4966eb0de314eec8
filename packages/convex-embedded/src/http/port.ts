/** A port that answers HTTP and can be closed without cutting anyone off. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Server as Listener } from "node:net";
import { reportProgress } from "../exec/monitor";
import { threadScheduler } from "../exec/threadScheduler";
import { deferContinue } from "./expectContinue";
import { RequestStarter } from "./requestStarter";
import { isAfterLastResponse, closeLingering } from "./lingeringClose";
import { Pipelines } from "./pipelining";
import { onResponseEnd } from "./responseEnd";
import type { Upgrade } from "./upgrade";
import { isWebSocket, ignoreUpgrade } from "./upgrade";

export interface HttpServer {
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Takes no new connections, waits for the requests under way, those that are just arriving on connections that are open
   * included, and resolves when all sockets are closed.
   *
   * @param graceMs after that long the sockets that are left are cut.
   */
  close(graceMs: number): Promise<void>;
}

export interface PortOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The command line's option for the port, which the error names: `--port`. */
  readonly option: string;
  /** How long a whole request may take to arrive, 0 for as long as it keeps coming. Milliseconds. */
  readonly requestTimeout: number;
  /**
   * How long a client may neither send what it has announced nor take what it is sent, 0 for ever. Milliseconds. One that
   * waits for an answer may wait as long as the work takes.
   */
  readonly idleTimeout: number;
  /** Answers a request. Must not throw. */
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Takes WebSockets over, and closes them when the port is to close. Without it such requests are like any other. */
  readonly upgrade?: Upgrade;
}

// Who sends its headers one byte at a time holds a socket for so long, no longer.
const HEADERS_TIMEOUT_MS = 15_000;
// Longer than proxies keep theirs (nginx 60 s, Caddy 120 s): a request must not meet a connection that is just closing.
const KEEP_ALIVE_MS = 130_000;
const CHECK_INTERVAL_MS = 5_000;
/** How long a closing port waits for requests that were on their way when it was told to. */
const LAST_REQUESTS_MS = 250;

/**
 * Listens.
 *
 * @throws Error that names the port if it is in use or may not be taken.
 */
export async function openPort(options: PortOptions): Promise<HttpServer> {
  const active = new Set<ServerResponse>();
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
  // What is kept alive between two requests ends by this, too.
  server.on("timeout", (socket: Socket) => {
    if (![...active].some((outgoing) => outgoing.socket === socket && isOurTurn(outgoing))) socket.destroy();
  });
  server.on("connection", () => {
    requestStarter.connected();
    threadScheduler.connected();
  });
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (isAfterLastResponse(incoming)) return;
    active.add(outgoing);
    reportProgress();
    onResponseEnd(outgoing, () => {
      active.delete(outgoing);
      reportProgress();
      // A response that had begun before the server was to close could no longer say that its connection ends.
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
      // Answers that are still to come would be written into the other protocol.
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
      // Not as HTTP servers close, which cuts idle connections at once, and with them requests that are just arriving.
      const closed = new Promise<void>((resolve) => Listener.prototype.close.call(server, () => resolve()));
      // A connection that is kept alive after its answer would hold the server open. What has come is read before that.
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
      // What is left of an HTTP server: the timer that looks after its connections.
      server.close();
    },
  };
}

/** True where the client has said all and has taken all: it waits for the server. */
function isOurTurn({ req, socket }: ServerResponse): boolean {
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

/** Why the port cannot be had, and what to do. */
function withRemedy(
  cause: NodeJS.ErrnoException,
  place: Pick<PortOptions, "host" | "port" | "option">,
): Error {
  const { host, port, option } = place;
  const at = `Port ${port} on ${host}`;
  switch (cause.code) {
    case "EADDRINUSE":
      return new Error(`${at} is in use. Stop what listens there, or choose another with ${option}.`, {
        cause,
      });
    case "EACCES":
      return new Error(`${at} may not be taken by this user. Choose one above 1023 with ${option}.`, {
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Error(`${host} is no address of this machine. Choose another with --host.`, { cause });
    default:
      return cause;
  }
}
