import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { bundled, Child } from "../../fixtures/child";
import { chat, LIVE, openClient, subscribe } from "../../fixtures/live";
import { below, randomOf, SEED } from "../../fixtures/random";
import { add, frames, hello, OPCODE, openUnread } from "../../fixtures/rawSync";
import { serve, temporaryDirectory } from "../../fixtures/serve";
import { raw, whenClosed } from "../../fixtures/sockets";

const KILLS = 10;
const CLIENTS = 5;
const channel = "a";

test(
  `after ${KILLS} SIGKILLs no mutation of a client that reconnects is lost, doubled or out of order`,
  { timeout: 600_000 },
  async () => {
    const program = await bundled(join(import.meta.dirname, "reconnect.child.ts"));
    const data = temporaryDirectory();
    const port = await freePort();
    const random = randomOf(SEED);
    const url = `http://127.0.0.1:${port}`;
    const start = async (): Promise<Child> => {
      const server = new Child(process.execPath, [program, LIVE, data, String(port)]);
      await server.line();
      return server;
    };
    let server = await start();
    let stopped = false;
    let acknowledged = 0;
    const writers = Array.from({ length: CLIENTS }, async (_, name) => {
      const client = openClient(url);
      const list = subscribe<string[]>(client, chat.list, { channel });
      let sent = 0;
      while (!stopped) {
        // Several at a time, so that a kill interrupts a queue.
        const texts = Array.from({ length: 4 }, () => `${name}: ${sent++}`);
        await Promise.all(
          texts.map(async (text) => {
            await client.mutation(chat.send, { channel, text });
            expect(list.last).toContain(text);
            acknowledged++;
          }),
        );
      }
      return { name, sent, list };
    });
    const reader = subscribe<string[]>(openClient(url), chat.list, { channel });
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged;
      await reader.until(() => acknowledged > before + below(random, 20));
      await pause(below(random, 30));
      await server.kill();
      server = await start();
    }
    stopped = true;
    const done = await Promise.all(writers);
    await reader.until(() => reader.last?.length === acknowledged);
    const final = reader.last ?? [];
    for (const { name, sent } of done) {
      const own = final.filter((text) => text.startsWith(`${name}: `));
      expect(own).toEqual(Array.from({ length: sent }, (_, i) => `${name}: ${i}`));
    }
    expect(acknowledged).toBe(final.length);
    console.log(`${KILLS} kills, ${acknowledged} mutations of ${CLIENTS} clients, each exactly once`);
    await server.kill();
  },
);

test("a client that subscribes and never reads is disconnected", { timeout: 120_000 }, async () => {
  const { server } = await serve({ project: LIVE });
  const socket = openUnread(server.apiUrl);
  socket.pause();
  const closed = whenClosed(socket);
  socket.write(frames(OPCODE.text, JSON.stringify(hello)));
  const query = add("chat:large", { channel, characters: 8_000_000 });
  socket.write(frames(OPCODE.text, JSON.stringify(query)));
  // The server gives up after 30 seconds, and the operating system reports it once the client reads.
  await pause(40_000);
  socket.resume();
  await closed;
  expect(socket.bytesRead).toBeLessThan(16_000_000);
  expect(await raw(server.apiUrl, "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toContain(
    "200 OK",
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
