/** Connections by hand, for clients that `fetch` would never be. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

/** A connection to a server, from an address of this machine. Errors show in its end. */
export async function connected(url: string, localAddress = "127.0.0.1"): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("close", () => reject(new Error(`no connection to ${url}`)));
  });
  return socket;
}

/** Resolves when the connection is gone, with all that came. */
export async function closed(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  if (!socket.destroyed) await once(socket, "close").catch(() => undefined);
  return text;
}

/** The beginning of a request. @param length of its body, if it has one. */
export function head(line: string, key: string, length?: number): string {
  const body = length === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
  return `${line} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n${body}\r\n`;
}
