import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { keepBusy } from "./connections";

const SHOT = { text: "GET / HTTP/1.1\r\n\r\n", expected: "HTTP/1.1 200" };

/** Starts a server that calls `answer` for each request. @returns its port. */
async function serve(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("data", () => answer(socket)).on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("an answer that arrives in pieces is one answer", async () => {
  const port = await serve((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-");
    setImmediate(() => socket.write("Length: 4\r\n\r\nab"));
    setImmediate(() => setImmediate(() => socket.write("cd")));
  });
  const answers: string[] = [];
  const answered = (_shot: unknown, _ms: number, answer: string) => void answers.push(answer);
  await keepBusy({ port, connections: 2, milliseconds: 50, next: () => SHOT, answered });
  expect(new Set(answers)).toEqual(new Set(["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"]));
});

test("a closed connection and an error in `answered` both fail the run", async () => {
  const closing = await serve((socket) => socket.destroy());
  const load = { connections: 1, milliseconds: 1_000, next: () => SHOT, answered: () => undefined };
  await expect(keepBusy({ ...load, port: closing })).rejects.toThrow("closed a connection");

  const wrong = await serve((socket) => socket.write("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));
  const answered = (_shot: unknown, _ms: number, answer: string) => {
    throw new Error(answer.slice(0, 12));
  };
  await expect(keepBusy({ ...load, port: wrong, answered })).rejects.toThrow("HTTP/1.1 500");
});
