/** Lingering close: keep reading after the response so that the client sees it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Bytes to drain: more than the largest accepted upload, because many clients read the response only after sending everything. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Long enough for a slow line, short enough that endless sending does not keep a connection. */
const MAX_MS = 30_000;
/** A client that is silent for this long has read its response or disconnected. */
const SILENT_MS = 5_000;
const CHECK_MS = 500;

/** Connections that are closing: further requests on them cannot be answered. */
const ending = new WeakSet<Socket>();

/**
 * Delivers a response that is sent before its request's body has been read. The response says `Connection: close`, because Node
 * drops the connection soon after and the client would lose its next request. Then the server ends only its own half of the
 * connection and discards incoming bytes for some time. If it closed the connection with unread bytes, the connection would be
 * reset, and the client's system would discard the unread part of the response.
 *
 * Call it before the response begins.
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

/** True for a request after a response that closed the connection. It must not be processed. */
export function isAfterLastResponse({ socket }: IncomingMessage): boolean {
  return ending.has(socket);
}

/** Replaces `destroySoon`, by which Node ends a connection after its last response. */
function closeOnceRead(socket: Socket, incoming: IncomingMessage): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (incoming.complete) destroySoon();
    else if (!ending.has(socket)) drain(socket, incoming);
  };
}

/** Ends the server's half and discards incoming bytes until the client ends its half. */
function drain(socket: Socket, incoming: IncomingMessage): void {
  ending.add(socket);
  socket.end();
  // A paused reader would block the draining.
  for (const event of ["data", "readable"]) incoming.removeAllListeners(event);
  incoming.resume();
  const most = { bytes: socket.bytesRead + MAX_BYTES, time: performance.now() + MAX_MS };
  let last = { bytes: socket.bytesRead, time: performance.now() };
  const checking = setInterval(() => {
    const now = { bytes: socket.bytesRead, time: performance.now() };
    if (now.bytes > last.bytes) last = now;
    if (now.bytes > most.bytes || now.time > most.time || now.time - last.time > SILENT_MS) socket.destroy();
  }, CHECK_MS);
  socket.once("close", () => clearInterval(checking));
}
