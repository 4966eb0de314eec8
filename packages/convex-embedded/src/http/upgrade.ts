/** Requests that ask to leave HTTP for another protocol. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Takes over a connection. `head` holds the bytes that were already read. */
export type Upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Pushes a request back onto its connection without its `Upgrade` header, which a server may ignore (RFC 9110, section 7.8). Some
 * clients ask for HTTP/2 in this way with every request.
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
