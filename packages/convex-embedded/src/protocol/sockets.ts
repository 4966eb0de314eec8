/** The connections that leave HTTP for a WebSocket. */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Deployment } from "./deployment";
import { isSyncPath, MOST_MESSAGE_BYTES, SyncConnection } from "./sync";

export interface SocketOptions {
  /** Early connections wait for it. */
  readonly deployment: Promise<Deployment>;
  /** Told of what went wrong here, and not at the client. */
  readonly failed: (request: string, error: unknown) => void;
}

export class SyncSockets {
  readonly #options: SocketOptions;
  readonly #open = new Set<WebSocket>();
  #closing = false;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** Takes over a connection that asks for a WebSocket. */
  readonly upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Nobody else listens now, and an error that nobody hears ends the process.
    socket.on("error", () => undefined);
    this.#upgrade(incoming, socket, head).catch((error: unknown) => {
      this.#options.failed(`GET ${incoming.url ?? ""}`, error);
      socket.destroy();
    });
  };

  /** Ends all of them. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) socket.terminate();
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!isSyncPath(incoming)) {
      refuse(socket, 404);
      return;
    }
    // Few starts of the server ever need it.
    const [{ WebSocketServer }, deployment] = await Promise.all([import("ws"), this.#options.deployment]);
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: MOST_MESSAGE_BYTES,
      clientTracking: false,
    });
    server.handleUpgrade(incoming, socket, head, (opened) => {
      this.#open.add(opened);
      opened.on("close", () => this.#open.delete(opened));
      new SyncConnection(deployment, opened, (error) => {
        this.#options.failed(`WebSocket ${incoming.url ?? ""}`, error);
      });
    });
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
