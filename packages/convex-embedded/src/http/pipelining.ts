/**
 * Pipelined requests: a client sends several on one connection before the first is answered (RFC 9112, section 9.3.2).
 *
 * Node parses all requests that arrive and emits them at once. This module begins a few per connection. The rest wait, and the
 * connection is not read meanwhile, so a client that disconnects is noticed only when a response is written.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { closeWithoutSocket, onResponseEnd } from "./responseEnd";

/** Requests of one connection that may be in progress. Few clients pipeline, and they send few requests. */
export const MAX_IN_PROGRESS = 8;
/**
 * Requests that may wait on all connections of a port: about 40 MB. Node parses everything that one read returns, so one
 * connection may have thousands of requests waiting.
 */
const MAX_WAITING = 20_000;

interface Connection {
  /** All responses that have not ended. */
  readonly open: Set<ServerResponse>;
  /** Requests that have not begun, in order of arrival. */
  waiting: (() => void)[];
}

export class Pipelines {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #mostWaiting: number;
  #waiting = 0;

  constructor(mostWaiting = MAX_WAITING) {
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Begins a request once fewer than `MAX_IN_PROGRESS` requests of its connection are in progress. If the connection closes first, the
   * request never begins. When the connection closes, every response on it closes.
   *
   * @param begin must not throw.
   */
  add({ socket }: IncomingMessage, outgoing: ServerResponse, begin: () => void): void {
    const connection = this.#connections.get(socket) ?? this.#opened(socket);
    const { open, waiting } = connection;
    open.add(outgoing);
    onResponseEnd(outgoing, () => {
      open.delete(outgoing);
      if (connection.waiting.length > 0) this.#advance(socket, connection);
    });
    if (open.size <= MAX_IN_PROGRESS && !socket.destroyed) {
      begin();
      return;
    }
    waiting.push(begin);
    this.#waiting++;
    if (this.#waiting > this.#mostWaiting) socket.destroy();
    else socket.pause();
  }

  /** True while a response on the connection is pending. */
  isBusy(socket: Socket): boolean {
    return (this.#connections.get(socket)?.open.size ?? 0) > 0;
  }

  #opened(socket: Socket): Connection {
    const connection: Connection = { open: new Set(), waiting: [] };
    this.#connections.set(socket, connection);
    // Node resumes a socket at the end of each request and each response.
    socket.on("resume", () => {
      if (connection.waiting.length > 0) socket.pause();
    });
    socket.once("close", () => {
      this.#waiting -= connection.waiting.length;
      connection.waiting = [];
      for (const outgoing of connection.open) closeWithoutSocket(outgoing);
    });
    return connection;
  }

  /** A response has ended: begins the next request. */
  #advance(socket: Socket, { waiting }: Connection): void {
    const next = waiting.shift();
    this.#waiting--;
    if (!socket.destroyed) next?.();
    if (waiting.length === 0) socket.resume();
  }
}
