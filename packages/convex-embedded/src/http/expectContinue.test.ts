import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";

const head = (line: string, length: number) =>
  `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;

test.each([
  ["an excessive length", "POST /refuse?status=413", 22_000_000, 413],
  ["a missing credential", "POST /refuse?status=401", 15, 401],
  ["an unknown path", "POST /nowhere", 15, 404],
])(
  "a client that waits for 100 Continue is refused before it sends its body, for %s",
  async (_what, line, length, status) => {
    const { server } = await serve();
    expect((await raw(server.url, head(line, length))).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  },
);

test("the API port also refuses before the body is sent", async () => {
  const { server } = await serve();
  const reply = await raw(server.apiUrl, head("POST /api/storage/upload?token=none", 15));
  expect(reply.slice(0, 12)).toBe("HTTP/1.1 401");
});

test("100 Continue is sent once, when the handler reads the body", async () => {
  const { server } = await serve();
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  socket.write(head("POST /echo/later", 300_000));
  await once(socket, "data");
  expect(received).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("x".repeat(300_000));
  await once(socket, "close");
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 100", "HTTP/1.1 200"]);
  expect(received).toContain("x".repeat(300_000));
});

test("a client that sends the body without waiting is answered too", async () => {
  const { server } = await serve();
  const reply = await raw(server.url, head("POST /echo/now", 4) + "bolt");
  expect(reply).toMatch(/HTTP\/1\.1 200 [^]*bolt/);
});
