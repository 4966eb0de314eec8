/**
 * Connections that are kept, each with one request under way.
 *
 * On plain sockets, because an HTTP client costs more than the servers that it is to measure.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";

export interface RawRequest {
  /** The whole HTTP request, one byte a character. */
  readonly text: string;
  /** What the answer begins with: `HTTP/1.1 200`. */
  readonly expected: string;
}

interface Busy<S extends RawRequest> {
  readonly port: number;
  readonly connections: number;
  /** No request is begun after that. */
  readonly milliseconds: number;
  readonly next: () => S;
  /** @param milliseconds from sending the request to its whole answer. Throwing ends it all. */
  readonly answered: (request: S, milliseconds: number, answer: string) => void;
}

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;
/** Milliseconds after which a server has hung. */
const PATIENCE = 60_000;

/** @returns how many seconds it took. */
export async function keepBusy<S extends RawRequest>(busy: Busy<S>): Promise<number> {
  const { port, connections, milliseconds } = busy;
  const started = performance.now();
  const end = started + milliseconds;
  // It never sleeps: waking it would be the server's work, and only a slow server, which it waits for, would pay for it.
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
    socket.setTimeout(PATIENCE, () => fail(new Error(`No answer in ${PATIENCE / 1_000} s`)));
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

/** Bytes of the first answer in `text`, 0 while it is not whole. */
function lengthOf(text: string): number {
  const head = text.indexOf(HEAD_END);
  if (head === -1) return 0;
  const length = LENGTH.exec(text)?.[1];
  if (length === undefined) throw new Error(`An answer without a length:\n${text}`);
  const whole = head + HEAD_END.length + Number(length);
  return text.length < whole ? 0 : whole;
}
