/**
 * Pipelined requests: a client sends several on one connection before the first is answered (RFC 9112, section 9.3.2).
 *
 * Node parses all that arrive and asks for all their answers at once. Here a few of each connection are begun; the rest
 * wait, and the connection is not read while they do. That its client has gone shows then when an answer is written.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { closeWithoutSocket, onResponseEnd } from "./responseEnd";

/** Requests of one connection that have begun and not yet answered. Clients seldom pipeline; those that do send few. */
export const MOST_BEGUN = 8;
/**
 * Requests that wait on all connections of a port: about 40 MB. What one read of a connection brings is parsed in whole, so a
 * connection may have some thousands waiting.
 */
const MOST_WAITING = 20_000;

interface Connection {
  /** All responses that are not over. */
  readonly open: Set<ServerResponse>;
  /** Requests that have not begun, in their order. */
  waiting: (() => void)[];
}

export class Pipelines {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #mostWaiting: number;
  #waiting = 0;

  constructor(mostWaiting = MOST_WAITING) {
    this.#mostWaiting = mostWaiting;
  }

  /**
   * Begins a request when it is among the first of its connection that are not answered. A request whose connection closes
   * before that never begins. When the connection closes, every response on it closes.
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
    if (open.size <= MOST_BEGUN && !socket.destroyed) {
      begin();
      return;
    }
    waiting.push(begin);
    this.#waiting++;
    if (this.#waiting > this.#mostWaiting) socket.destroy();
    else socket.pause();
  }

  /** True while a response on the connection is not over. */
  isBusy(socket: Socket): boolean {
    return (this.#connections.get(socket)?.open.size ?? 0) > 0;
  }

  #opened(socket: Socket): Connection {
    const connection: Connection = { open: new Set(), waiting: [] };
    this.#connections.set(socket, connection);
    // Node resumes its sockets at the end of each request and each answer.
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

  /** One is over: the next begins. */
  #advance(socket: Socket, { waiting }: Connection): void {
    const next = waiting.shift();
    this.#waiting--;
    if (!socket.destroyed) next?.();
    if (waiting.length === 0) socket.resume();
  }
}
