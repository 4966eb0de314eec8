/**
 * The messages that one client has not read yet, bounded in bytes and time.
 *
 * Nothing new is computed for a client while it has unread data (`drained`), so a slow client costs one transition of memory and
 * skips intermediate states. A client that reads nothing is disconnected.
 */
import type { WebSocket } from "ws";

/** Below this, the client counts as reading. */
const LOW_BYTES = 64 * 1024;
/** The limit of one client. A transition can hold several results of 16 MiB. */
const MAX_BYTES = 96 * 1024 * 1024;
/** The limit of all clients together. Beyond it, clients that get further messages before they have read the last are disconnected. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Longer messages are sent in parts, so that the client sees progress. */
const MAX_MESSAGE_BYTES = 5 * 1000 * 1000;
/** The length of a part. Escaped in JSON, it needs up to twice as many bytes. */
const PART_CHARACTERS = 2 * 1000 * 1000;

/** The unread bytes of all clients. */
export class UnreadBytes {
  total = 0;
}

export class Outbox {
  /** When a message was sent last. Milliseconds of `performance.now`. */
  lastSent = performance.now();
  #unread = 0;
  /** When the client last read something. */
  #lastRead = performance.now();
  #transitions = 0;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly socket: WebSocket,
    private readonly all: UnreadBytes,
  ) {
    socket.on("close", () => {
      all.total -= this.#unread;
      this.#unread = 0;
      this.#release();
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** How long unread data has waited in milliseconds, 0 if there is none. */
  stalledMs(now: number): number {
    return this.#unread === 0 ? 0 : now - this.#lastRead;
  }

  /** Resolves when the client has read nearly everything, or is gone. */
  async drained(): Promise<void> {
    while (this.isOpen && this.#unread > LOW_BYTES) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  send(message: object): void {
    this.#write(JSON.stringify(message));
  }

  /** @param text a `Transition` message. A long one is sent in parts, with no other message in between. */
  sendTransition(text: string): void {
    if (text.length <= MAX_MESSAGE_BYTES && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) {
      this.#write(text);
      return;
    }
    const transitionId = String(this.#transitions++);
    const totalParts = Math.ceil(text.length / PART_CHARACTERS);
    for (let partNumber = 0; partNumber < totalParts; partNumber++) {
      const chunk = text.slice(partNumber * PART_CHARACTERS, (partNumber + 1) * PART_CHARACTERS);
      this.send({ type: "TransitionChunk", chunk, partNumber, totalParts, transitionId });
    }
  }

  /** Shows the client that the connection works. @param asks true if the client has to answer. */
  ping(asks: boolean): void {
    this.send({ type: "Ping" });
    if (asks && this.isOpen) this.socket.ping();
  }

  /** Closes the connection after the messages that were sent. */
  close(code: number, reason?: string): void {
    // The client's close frame has to be read.
    this.socket.resume();
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  #write(text: string): void {
    if (!this.isOpen) return;
    const bytes = Buffer.from(text);
    const isOverLimit =
      this.#unread + bytes.length > MAX_BYTES ||
      (this.#unread > LOW_BYTES && this.all.total + bytes.length > MAX_TOTAL_BYTES);
    if (isOverLimit) {
      this.terminate();
      return;
    }
    const now = performance.now();
    if (this.#unread === 0) this.#lastRead = now;
    this.lastSent = now;
    this.#unread += bytes.length;
    this.all.total += bytes.length;
    this.socket.send(bytes, { binary: false }, () => {
      // After the connection closed, its bytes no longer count.
      if (!this.isOpen) return;
      this.#unread -= bytes.length;
      this.all.total -= bytes.length;
      this.#lastRead = performance.now();
      if (this.#unread <= LOW_BYTES) this.#release();
    });
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
