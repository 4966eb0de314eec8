/** Raw connections, for faulty clients that `fetch` cannot imitate. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

/** Connects to a server from an address of this machine. Later errors only close the connection. */
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

/** Waits until the connection is closed. @returns all text that it received. */
export async function closed(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  if (!socket.destroyed) await once(socket, "close").catch(() => undefined);
  return text;
}

/** Returns the request line and headers of a request. @param length length of the body in bytes, if it has one. */
export function head(line: string, key: string, length?: number): string {
  const body = length === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
  return `${line} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n${body}\r\n`;
}
