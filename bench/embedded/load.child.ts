/**
 * The load generator, a process of its own: connections that are kept, each with one request under way.
 *
 * On plain sockets, because an HTTP client costs more than the servers that it is to measure.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { answerParent } from "./children";

/** What the parent sends. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests; taken in random order. */
  readonly requests: readonly string[];
  /** What every answer begins with: `HTTP/1.1 200 OK`. */
  readonly expected: string;
}

/** What comes back. */
export interface Loaded {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** Bytes of the first answer in `text`, 0 while it is not whole. */
function lengthOf(text: string): number {
  const head = text.indexOf(HEAD_END);
  if (head === -1) return 0;
  const length = LENGTH.exec(text)?.[1];
  if (length === undefined) throw new Error(`An answer without a length:\n${text}`);
  const whole = head + HEAD_END.length + Number(length);
  return text.length < whole ? 0 : whole;
}

async function generate({ port, connections, milliseconds, requests, expected }: Load): Promise<Loaded> {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + milliseconds;

  const one = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = "";
      let sent = 0;
      const send = (): void => {
        sent = performance.now();
        if (sent >= end) {
          socket.destroy();
          resolve();
        } else {
          socket.write(requests[Math.floor(Math.random() * requests.length)] ?? "");
        }
      };
      socket.setNoDelay(true).setEncoding("latin1");
      socket.on("error", reject).on("close", () => reject(new Error("The server closed a connection")));
      socket.on("data", (chunk: string) => {
        text += chunk;
        if (lengthOf(text) === 0) return;
        if (!text.startsWith(expected)) reject(new Error(`Not ${expected}, but\n${text}`));
        text = "";
        latencies.push(performance.now() - sent);
        send();
      });
      socket.on("connect", send);
    });

  // It never sleeps: waking it would be the server's work, and only a slow server, which it waits for, would pay for it.
  let spinning = true;
  const spin = (): void => {
    if (spinning) setImmediate(spin);
  };
  spin();
  await Promise.all(Array.from({ length: connections }, () => one(connect(port, "127.0.0.1"))));
  spinning = false;
  const seconds = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { perSecond: latencies.length / seconds, median: at(0.5), p99: at(0.99) };
}

answerParent({ load: generate });
