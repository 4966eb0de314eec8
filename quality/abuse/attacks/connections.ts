/** Connections of attackers, which ignore the content of answers. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Opens a connection. An error only closes it. */
export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on("error", () => undefined);
}

/** Resolves when an answer arrives or the connection is closed. */
export async function answered(socket: Socket): Promise<void> {
  await Promise.race([once(socket, "readable"), closed(socket)]).catch(() => undefined);
}

/** Resolves when the connection is closed. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

/** Sends bytes, and resolves when the operating system has accepted them. @returns false if they cannot be sent. */
export function sent(socket: Socket, bytes: Buffer | string): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    else socket.write(bytes, (error) => resolve(!error));
  });
}
