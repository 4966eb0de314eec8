import { once } from "node:events";
import { connect } from "node:net";
import { send } from "./engine.testing";

/** How a client takes its leave: it waits for the server to close, ends its own half, or is gone without a word. */
type Leaving = "waits" | "ends" | "vanishes";

/**
 * HTTP by hand, for what `fetch` would never send. Only an engine on sockets has an address to connect to.
 *
 * @param text What is sent, as it stands.
 * @returns The statuses of all replies that came until the connection closed.
 */
export async function exchange(text: string, leaving: Leaving = "waits"): Promise<number[]> {
  const { hostname, port } = new URL((await send("/health")).url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  // What went wrong shows in what was received.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.write(text, "latin1", () => {
    if (leaving === "ends") socket.end();
    if (leaving === "vanishes") socket.resetAndDestroy();
  });
  await closed;
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** The head of a request, which is the last of its connection unless told otherwise. */
export function head(line: string, headers: Record<string, string> = {}): string {
  const all = Object.entries({ Host: "api.example.test", Connection: "close", ...headers });
  return [`${line} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
}
