import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { serve } from "../../fixtures/serve";
import { threadScheduler } from "../exec/threadScheduler";
import { BodyMemory } from "./bodyMemory";
import { listen } from "./server";
import { webGlobals } from "../web/webClasses";

/** A port that passes each request to `respond` and answers with its result or the name of its error. */
async function port(respond: (request: Request) => Promise<string>, bodyMemory = new BodyMemory()) {
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    siteOrigin: () => "http://site.test",
    assets: [],
    bodyMemory,
    respond: async (request) => {
      const text = await respond(request).catch((error: unknown) => (error as Error).name);
      return new webGlobals.Response(text);
    },
  });
  onTestFinished(() => server.close(0));
  return `http://127.0.0.1:${server.port}/`;
}

/** Sends a raw request whose body may be incomplete. `answer` resolves with the whole response. */
async function send(
  url: string,
  length: number,
  part: string,
): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(
    `POST /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${part}`,
  );
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { socket, answer: once(socket, "end").then(() => text) };
}

/** A chunked body without a declared length. */
const chunked = (...parts: string[]): RequestInit => {
  const init: RequestInit & { duplex: "half" } = {
    method: "POST",
    body: new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    }),
    duplex: "half",
  };
  return init;
};
const whole = (text: string): RequestInit => ({ method: "POST", body: text });

async function streamed(request: Request): Promise<string> {
  let text = "";
  for await (const part of request.body as unknown as AsyncIterable<Uint8Array>)
    text += Buffer.from(part).toString();
  return text;
}

test.each<[string, (request: Request) => Promise<string>]>([
  ["text", (request) => request.text()],
  ["JSON", async (request) => JSON.stringify(await request.json())],
  ["bytes", async (request) => Buffer.from(await request.arrayBuffer()).toString()],
  ["a blob", async (request) => (await request.blob()).text()],
  ["a stream", streamed],
])("a body can be read once as %s, whether its length is declared or not", async (_name, read) => {
  const bodyMemory = new BodyMemory();
  const again: string[] = [];
  const url = await port(async (request) => {
    expect(request.bodyUsed).toBe(false);
    const text = await read(request);
    expect(request.bodyUsed).toBe(true);
    again.push(await request.text().catch((error: unknown) => (error as Error).name));
    return text;
  }, bodyMemory);
  for (const parts of [['"é', "🦎", '"'], ['""']]) {
    const sent = parts.join("");
    expect(await (await fetch(url, whole(sent))).text()).toBe(sent);
    expect(await (await fetch(url, chunked(...parts))).text()).toBe(sent);
  }
  expect(again).toEqual(Array(4).fill("TypeError"));
  expect(bodyMemory.held).toBe(0);
});

test("a form can be read", async () => {
  const url = await port(async (request) => JSON.stringify([...(await request.formData())]));
  const form = new FormData();
  form.set("name", "Ada");
  expect(await (await fetch(url, { method: "POST", body: form })).json()).toEqual([["name", "Ada"]]);
});

test("a body is refused if no memory is free; the memory is free again once the other requests are answered", async () => {
  const bodyMemory = new BodyMemory({ bytes: 10, waiting: 0 });
  const url = await port((request) => request.text(), bodyMemory);
  const first = await send(url, 8, "1234");
  await expect.poll(() => bodyMemory.held).toBe(8);
  expect(await (await fetch(url, whole("12345678"))).text()).toBe("QuotaExceededError");
  expect(await (await fetch(url, chunked("12345678"))).text()).toBe("QuotaExceededError");
  expect(await (await fetch(url, whole("12"))).text()).toBe("12");
  first.socket.write("5678");
  expect(await first.answer).toContain("12345678");
  expect(bodyMemory.held).toBe(0);
  expect(await (await fetch(url, whole("12345678"))).text()).toBe("12345678");
});

test("a large body that waits too long for its turn is refused as late, although there is memory for it", async () => {
  const large = "x".repeat(16 * 1024 + 1);
  let delays = 1;
  const url = await port((request) => {
    if (delays-- > 0)
      vi.spyOn(threadScheduler, "waitToBegin").mockImplementationOnce(() => {
        vi.spyOn(performance, "now").mockReturnValueOnce(performance.now() + 5_001);
        return Promise.resolve();
      });
    return request.text();
  });
  expect(await (await fetch(url, whole(large))).text()).toBe("TimeoutError");
  expect(await (await fetch(url, whole(large))).text()).toBe(large);
});

test("a small body is read in the turn in which it arrives", async () => {
  const wait = vi.spyOn(threadScheduler, "waitToBegin").mockClear();
  const url = await port((request) => request.text());
  const small = "x".repeat(16 * 1024);
  expect(await (await fetch(url, whole(small))).text()).toBe(small);
  expect(wait).not.toHaveBeenCalled();
});

test("a body that waits for memory is read once some is free", async () => {
  const bodyMemory = new BodyMemory({ bytes: 10 });
  const url = await port((request) => request.text(), bodyMemory);
  const first = await send(url, 8, "1234");
  await expect.poll(() => bodyMemory.held).toBe(8);
  const second = await send(url, 8, "abcdefgh");
  first.socket.write("5678");
  expect(await first.answer).toContain("12345678");
  expect(await second.answer).toContain("abcdefgh");
});

test("a disconnected client's memory is freed, and its request is still served if the body is complete", async () => {
  const bodyMemory = new BodyMemory();
  const url = await port((request) => request.text(), bodyMemory);
  const { socket } = await send(url, 8, "1234");
  await expect.poll(() => bodyMemory.held).toBe(8);
  socket.destroy();
  await expect.poll(() => bodyMemory.held).toBe(0);
});

test("if a function does not handle a refused body, the server answers 503", async () => {
  const { server } = await serve();
  // It reserves all memory with its declared length and loses it to the second, because no bytes arrive.
  const first = await send(server.url, 64 * 1024 * 1024, "x");
  const second = await send(server.url, 5, "hello");
  expect(await first.answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*The server is busy/i);
  expect(await second.answer).toMatch(/^HTTP\/1\.1 200 [^]*"text":"hello"/);
});
