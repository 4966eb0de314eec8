/**
 * Bounded message queues of one WebSocket, in both directions. A client that does not read, or that sends faster than it is
 * answered, is disconnected, so it uses a limited amount of memory. (`ws` itself disconnects a client that does not read pongs.)
 */
import type { RawData, WebSocket } from "ws";

/** Bytes that wait in this process for a client to read them. The socket buffers hold some hundred kilobytes more. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Messages that wait for earlier ones. `ws` parses everything that one read returns. */
const MAX_WAITING = 256;

export class SocketQueue {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly socket: WebSocket) {
    // An error closes the connection; there is nothing else to do.
    socket.on("error", () => undefined);
  }

  /**
   * Handles messages one after the other. The connection is not read while a message is handled.
   *
   * @param handle must not reject. It is not called for messages that follow the closing of the connection.
   */
  onMessage(handle: (data: RawData) => Promise<void>): void {
    this.socket.on("message", (data) => {
      this.#waiting++;
      if (this.#waiting > MAX_WAITING) this.socket.terminate();
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

  /** Sends a message. A client that has not read the previous ones is disconnected instead. */
  send(message: object): void {
    if (this.socket.bufferedAmount > MAX_UNREAD_BYTES) this.socket.terminate();
    if (this.#isOpen()) this.socket.send(JSON.stringify(message));
  }

  /** Closes the connection after the messages that were sent. */
  close(code: number, reason?: string): void {
    // The client's close frame has to be read.
    this.socket.resume();
    this.socket.close(code, reason);
  }

  #isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }
}
