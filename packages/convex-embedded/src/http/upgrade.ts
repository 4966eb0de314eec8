/** Requests that ask to leave HTTP for another protocol. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Takes over a connection, together with what was read of it already. */
export type Upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Puts a request back before what its connection has still to say, without the wish for another protocol, which a server
 * may ignore (RFC 9110, 7.8). Some clients ask for HTTP/2 that way with every request.
 */
export function ignoreUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = "", url = "", httpVersion, rawHeaders } = incoming;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  if (/\bclose\b/i.test(incoming.headers.connection ?? "")) lines.push("connection: close");
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
}
