/**
 * Persistent connections, each with one request in flight.
 *
 * It uses plain sockets, because an HTTP client would use more CPU time than the measured servers.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";

export interface RawRequest {
  /** The whole HTTP request in latin-1, one byte per character. */
  readonly text: string;
  /** The beginning of a correct answer, such as `HTTP/1.1 200`. */
  readonly expected: string;
}

interface Busy<S extends RawRequest> {
  readonly port: number;
  readonly connections: number;
  /** New requests begin only within this time. */
  readonly milliseconds: number;
  readonly next: () => S;
  /** @param milliseconds from sending the request to receiving the whole answer. An exception ends the run. */
  readonly answered: (request: S, milliseconds: number, answer: string) => void;
}

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;
/** Milliseconds without an answer after which the run fails. */
const TIMEOUT_MS = 60_000;

/** Keeps all connections busy. @returns the duration in seconds. */
export async function keepBusy<S extends RawRequest>(busy: Busy<S>): Promise<number> {
  const { port, connections, milliseconds } = busy;
  const started = performance.now();
  const end = started + milliseconds;
  // The process never sleeps. Waking it would cost the server time, and only slow servers would pay, because only they let it sleep.
  let spinning = true;
  const spin = (): void => {
    if (spinning) setImmediate(spin);
  };
  spin();
  try {
    await Promise.all(
      Array.from({ length: connections }, () => keepOneBusy(connect(port, "127.0.0.1"), end, busy)),
    );
  } finally {
    spinning = false;
  }
  return (performance.now() - started) / 1_000;
}

function keepOneBusy<S extends RawRequest>(
  socket: Socket,
  end: number,
  { next, answered }: Busy<S>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    let sent = 0;
    let request: S;
    const send = (): void => {
      sent = performance.now();
      if (sent >= end) {
        socket.destroy();
        resolve();
        return;
      }
      request = next();
      socket.write(request.text, "latin1");
    };
    const receive = (chunk: string): void => {
      text += chunk;
      if (lengthOf(text) === 0) return;
      answered(request, performance.now() - sent, text);
      text = "";
      send();
    };
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    socket.setNoDelay(true).setEncoding("latin1");
    socket.setTimeout(TIMEOUT_MS, () =>
      fail(new Error(`The server did not answer in ${TIMEOUT_MS / 1_000} s`)),
    );
    socket.on("error", reject).on("close", () => reject(new Error("The server closed a connection")));
    socket.on("data", (chunk: string) => {
      try {
        receive(chunk);
      } catch (error) {
        fail(error);
      }
    });
    socket.on("connect", send);
  });
}

/** Returns the length of the answer in `text` in bytes, or 0 while it is incomplete. */
function lengthOf(text: string): number {
  const head = text.indexOf(HEAD_END);
  if (head === -1) return 0;
  const length = LENGTH.exec(text)?.[1];
  if (length === undefined) throw new Error(`The answer has no Content-Length:\n${text}`);
  const whole = head + HEAD_END.length + Number(length);
  return text.length < whole ? 0 : whole;
}
