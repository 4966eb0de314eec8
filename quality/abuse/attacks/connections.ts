/** Connections of attackers: nothing on them is looked at but whether something comes. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Opens one. It is closed when it fails, and fails when it is closed. */
export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on("error", () => undefined);
}

/** Resolves when something has come, or nothing can. */
export async function answered(socket: Socket): Promise<void> {
  await Promise.race([once(socket, "readable"), closed(socket)]).catch(() => undefined);
}

/** Resolves when the connection is closed. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

/** Sends, and resolves when the system has taken it. @returns false if it cannot be sent. */
export function sent(socket: Socket, bytes: Buffer | string): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    else socket.write(bytes, (error) => resolve(!error));
  });
}
