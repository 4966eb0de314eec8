/** Lingering close: keep reading after the response so that the client sees it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A larger upload than the API takes, refused, goes through in whole: many clients look for an answer only after it. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Over a slow line, too; but nobody keeps a connection by sending on and on. */
const MOST_MS = 30_000;
/** Who says nothing for so long has read its answer, or is gone. */
const SILENT_MS = 5_000;
const CHECK_MS = 500;

/** Connections that are ending: what is asked on them can no longer be answered. */
const ending = new WeakSet<Socket>();

/**
 * Lets an answer that does not wait for the rest of its request's body arrive. No other can follow it on its connection:
 * Node drops that soon after, and a client that was not told would lose its next request there. So it says that the
 * connection ends, and ends only its own half; what still comes is read and thrown away, for some time. A connection that
 * is closed with bytes unread is reset, and the client's system then throws away what it has not read of the answer.
 *
 * To be called before anything is answered.
 */
export function closeLingering(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { headers, socket } = incoming;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return;
  const writeHead = outgoing.writeHead.bind(outgoing) as (...args: unknown[]) => ServerResponse;
  outgoing.writeHead = (...args: unknown[]) => {
    if (!incoming.complete) {
      outgoing.shouldKeepAlive = false;
      closeOnceRead(socket, incoming);
    }
    return writeHead(...args);
  };
}

/** True for a request that followed one whose answer ended the connection. Nothing may be done for it. */
export function isAfterLastResponse({ socket }: IncomingMessage): boolean {
  return ending.has(socket);
}

/** Node ends a connection by `destroySoon` after its last answer. */
function closeOnceRead(socket: Socket, incoming: IncomingMessage): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (incoming.complete) destroySoon();
    else if (!ending.has(socket)) readToTheEnd(socket, incoming);
  };
}

/** Ends the server's half, and throws away what comes until the client ends its own. */
function readToTheEnd(socket: Socket, incoming: IncomingMessage): void {
  ending.add(socket);
  socket.end();
  // Whoever was reading it would hold it up.
  for (const event of ["data", "readable"]) incoming.removeAllListeners(event);
  incoming.resume();
  const most = { bytes: socket.bytesRead + MOST_BYTES, time: performance.now() + MOST_MS };
  let last = { bytes: socket.bytesRead, time: performance.now() };
  const checking = setInterval(() => {
    const now = { bytes: socket.bytesRead, time: performance.now() };
    if (now.bytes > last.bytes) last = now;
    if (now.bytes > most.bytes || now.time > most.time || now.time - last.time > SILENT_MS) socket.destroy();
  }, CHECK_MS);
  socket.once("close", () => clearInterval(checking));
}
