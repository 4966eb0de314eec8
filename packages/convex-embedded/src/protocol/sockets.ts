/** Accepts WebSocket connections. */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { OriginRule } from "../http/allowedOrigins";
import { pathAndQuery } from "../http/target";
import type { Deployment } from "./deployment";
import { SocketQueue } from "./socketQueue";
import { isSyncPath, MAX_OPERATOR_MESSAGE_BYTES, SyncConnection } from "./sync";

export interface SocketOptions {
  /** Connections that arrive earlier wait for it. */
  readonly deployment: Promise<Deployment>;
  /** Which pages may open a WebSocket. */
  readonly allows: OriginRule;
  /** Reports errors of the server, but not of the client. */
  readonly failed: (request: string, error: unknown) => void;
}

export class SyncSockets {
  readonly #open = new Set<WebSocket>();
  #closing = false;
  #server: Promise<WebSocketServer> | null = null;

  constructor(private readonly options: SocketOptions) {}

  /** Takes over a connection that asks for a WebSocket. */
  readonly upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Node has removed its own listener, and an unhandled `error` event would end the process.
    socket.on("error", () => undefined);
    this.#upgrade(incoming, socket, head).catch((error: unknown) => {
      this.options.failed(`GET ${incoming.url ?? ""}`, error);
      socket.destroy();
    });
  };

  /** Closes all connections. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) socket.terminate();
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = pathAndQuery(incoming.url ?? "");
    if (target === null || !isSyncPath(target)) {
      refuse(socket, 404);
      return;
    }
    const { origin } = incoming.headers;
    if (origin !== undefined && !this.options.allows(origin)) {
      refuse(socket, 403);
      return;
    }
    const [server, deployment] = await Promise.all([(this.#server ??= newServer()), this.options.deployment]);
    if (this.#closing) {
      socket.destroy();
      return;
    }
    server.handleUpgrade(incoming, socket, head, (opened) => {
      this.#open.add(opened);
      opened.on("close", () => this.#open.delete(opened));
      new SyncConnection(deployment, new SocketQueue(opened), (error) => {
        this.options.failed(`WebSocket ${target}`, error);
      });
    });
  }
}

async function newServer(): Promise<WebSocketServer> {
  // Loaded on demand, because few servers need it.
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_OPERATOR_MESSAGE_BYTES,
  });
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
