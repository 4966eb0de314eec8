/**
 * The messages of one WebSocket, both ways, with bounds: a client that does not read, or sends faster than it is answered, is
 * cut, and costs no more memory than that. (`ws` itself cuts one that does not read the answers to its pings.)
 */
import type { RawData, WebSocket } from "ws";

/** What waits in this process for a client to read it. Its system holds some hundred kilobytes more. */
const MOST_UNREAD_BYTES = 1024 * 1024;
/** Messages that wait for those before them. What one read of a connection brings is parsed in whole. */
const MOST_WAITING = 256;

export class SocketQueue {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly socket: WebSocket) {
    // What is wrong with a connection ends it; the client knows.
    socket.on("error", () => undefined);
  }

  /**
   * Handles messages one after the other; until one is handled the connection is not read.
   *
   * @param handle must not reject. Not called for messages behind one after which the connection was closed.
   */
  onMessage(handle: (data: RawData) => Promise<void>): void {
    this.socket.on("message", (data) => {
      this.#waiting++;
      if (this.#waiting > MOST_WAITING) this.socket.terminate();
      if (!this.#isOpen()) return;
      this.socket.pause();
      this.#last = this.#last.then(async () => {
        if (this.#isOpen()) await handle(data);
        this.#waiting--;
        if (this.#waiting === 0 && this.#isOpen()) this.socket.resume();
      });
    });
  }

  onClose(then: () => void): void {
    this.socket.on("close", then);
  }

  /** Sends a message, unless the client has not read those before: then it is cut. */
  send(message: object): void {
    if (this.socket.bufferedAmount > MOST_UNREAD_BYTES) this.socket.terminate();
    if (this.#isOpen()) this.socket.send(JSON.stringify(message));
  }

  /** Ends the connection with what has been sent. */
  close(code: number, reason?: string): void {
    // The client's answer to it has to be read.
    this.socket.resume();
    this.socket.close(code, reason);
  }

  #isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }
}
