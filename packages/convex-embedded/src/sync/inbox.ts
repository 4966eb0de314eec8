/**
 * The messages that wait for earlier ones of the same client. The connection is not read while a message is handled, so a client
 * that sends faster than it is answered waits, and uses a limited amount of memory.
 */
import type { RawData, WebSocket } from "ws";

/** Bytes of the messages that wait. `ws` parses everything that one read returns. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
/** The approximate size of a waiting message without its text. */
const OVERHEAD_BYTES = 256;

export class Inbox {
  /** When a frame arrived last. Milliseconds of `performance.now`. */
  lastReceived = performance.now();
  #waitingBytes = 0;
  #last: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param handle must not reject. It is not called for messages that follow the closing of the connection. */
  constructor(
    private readonly socket: WebSocket,
    private readonly handle: (text: string) => Promise<void>,
  ) {
    socket.on("message", (data) => {
      this.#received();
      this.#add(data);
    });
    socket.on("ping", () => this.#received());
    socket.on("pong", () => this.#received());
  }

  /** Handles no further messages. */
  stop(): void {
    this.#stopped = true;
  }

  #received(): void {
    this.lastReceived = performance.now();
  }

  #add(data: RawData): void {
    // `ws` joins the fragments of a message into one buffer.
    const bytes = data as Buffer;
    const size = bytes.length + OVERHEAD_BYTES;
    this.#waitingBytes += size;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.socket.terminate();
    if (!this.#isOpen()) return;
    this.socket.pause();
    this.#last = this.#last.then(async () => {
      if (this.#isOpen()) await this.handle(bytes.toString());
      this.#waitingBytes -= size;
      if (this.#waitingBytes === 0 && this.#isOpen()) this.socket.resume();
    });
  }

  #isOpen(): boolean {
    return !this.#stopped && this.socket.readyState === this.socket.OPEN;
  }
}
