import { connect } from "node:net";
import { checkReply } from "../../../openapi/contract/check";
import { send } from "./engine.testing";

/** How a client ends the connection: it waits for the server to close, ends its own half, or resets the connection. */
type Leaving = "waits" | "ends" | "vanishes";

/**
 * Sends raw text on a socket, for requests that `fetch` cannot send. Needs an engine on sockets.
 *
 * @param text The bytes to send, in latin1.
 * @returns The statuses of all replies until the connection closed.
 */
export async function exchange(text: string, leaving: Leaving = "waits"): Promise<number[]> {
  const { hostname, port } = new URL((await send("/health")).url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  // A connection error shows as a missing reply.
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(text, "latin1", () => {
    if (leaving === "ends") socket.end();
    if (leaving === "vanishes") socket.resetAndDestroy();
  });
  await closed;
  const replies = repliesIn(received);
  const requests = [...text.matchAll(/([A-Z]+) (\S+) HTTP\/1\.1\r\n/g)];
  for (const [at, reply] of replies.entries()) {
    const [, method = "", target = ""] = requests[at] ?? [];
    // The API gives every reply an id. A reply without one is a refusal of the server, which the document does not describe.
    if (reply.headers.has("x-request-id")) await checkReply(method, target.replace(/\?.*/, ""), reply);
  }
  return replies.map(({ status }) => status);
}

/** Splits the received text into replies by their Content-Length. */
function repliesIn(received: string): Response[] {
  const [, status, lines = "", rest = ""] =
    /^HTTP\/1\.1 (\d{3}) .*\r\n((?:.+\r\n)*)\r\n([^]*)$/.exec(received) ?? [];
  if (status === undefined) return [];
  const headers = lines.split("\r\n").flatMap((line): [string, string][] => {
    const [, name, value = ""] = /^([^:]+): (.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value]];
  });
  const length = Number(new Headers(headers).get("content-length") ?? 0);
  const body = Buffer.from(rest.slice(0, length), "latin1");
  const reply = new Response(length > 0 ? body : null, { status: Number(status), headers });
  return [reply, ...repliesIn(rest.slice(length))];
}

/** Returns the head of a request. It has `Connection: close`, unless `headers` contains another value. */
export function head(line: string, headers: Record<string, string> = {}): string {
  const all = Object.entries({ Host: "api.example.test", Connection: "close", ...headers });
  return [`${line} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
}
