/** Streams on the embedded runtime, behind a real socket. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type EmbeddedServer } from "convex-embedded/testing/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { checked } from "../../../openapi/contract/check";
import { describedBy } from "../../../openapi/contract/described";
import { STREAM_CONTRACTS } from "../testing/streamRoutes.testing";

type State = { pulled: number; returned: number; aborted: number };

let folder: string;
let server: EmbeddedServer;
const logged: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "streams-"));
  const app = join(process.cwd(), "convex", "http", "testing", "streamApp.testing.ts");
  await mkdir(join(folder, "convex"));
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "convex", "http.ts"), `export { default } from ${JSON.stringify(app)};\n`);
  server = await startServer({
    project: folder,
    data: join(folder, "data"),
    port: 0,
    log: ({ message }) => void logged.push(message),
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const open = (path: string, init?: RequestInit) => fetch(`${server.url}/api/test/${path}`, init);
const stateNow = async () => (await (await open("state")).json()) as State;
let before: State;
/** The changes of the state since the test began. */
const since = async () => {
  const now = await stateNow();
  return {
    pulled: now.pulled - before.pulled,
    returned: now.returned - before.returned,
    aborted: now.aborted - before.aborted,
  };
};
beforeEach(async () => {
  before = await stateNow();
});
const send = (text: string) =>
  open("texts", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
  });

test("lines arrive complete and uncompressed, as the document describes them", async () => {
  const described = describedBy(
    openApiDocument({ title: "", version: "1", description: "" }, STREAM_CONTRACTS),
  );
  const call = checked((path, init) => fetch(server.url + path, init), { described });
  const reply = await call("/api/test/lines?count=2000&size=100", { headers: { "Accept-Encoding": "gzip" } });
  expect(reply.headers.get("content-encoding")).toBeNull();
  expect((await reply.text()).split("\n")).toHaveLength(2001);
});

test("a line arrives while the source still waits for the next one", async () => {
  const reply = await open("lines?count=2&waitAt=1");
  const reader = (reply.body as ReadableStream<BufferSource>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  expect((await reader.read()).value).toBe('{"n":0,"text":"x"}\n');
  await send("go");
  expect((await reader.read()).value).toBe('{"n":1,"text":"x"}\n');
  expect((await reader.read()).done).toBe(true);
});

test("events have heartbeats, and end after the set time", async () => {
  const text = await (await open("events?endAfterMs=200", { headers: { "Last-Event-ID": "7" } })).text();
  expect(text).toMatch(/^event: hello\nid: 1\ndata: \{"lastEventId":"7"\}\n\n(: heartbeat\n\n)+$/);
  await expect.poll(since).toMatchObject({ returned: 1, aborted: 1 });
});

test("a client that leaves stops the source", async () => {
  const leaving = new AbortController();
  const reply = await open("events", { signal: leaving.signal });
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain("event: hello");
  leaving.abort();
  await expect.poll(since).toMatchObject({ returned: 1, aborted: 1 });
});

test("a client that does not read stops the source from running ahead, until it leaves", async () => {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1").pause();
  // 20 MB do not fit into the buffers of the two sockets.
  socket.write("GET /api/test/lines?count=2000&size=10000 HTTP/1.1\r\nHost: x\r\n\r\n");
  let last = -1;
  let pulled = 0;
  await expect
    .poll(async () => {
      last = pulled;
      ({ pulled } = await since());
      return pulled > 0 && pulled === last;
    })
    .toBe(true);
  expect(pulled).toBeLessThan(2000);
  socket.destroy();
  await expect.poll(since).toMatchObject({ returned: 1, aborted: 1 });
});

test("an error after the first line is the last line, and the log has its cause", async () => {
  const reply = await open("lines?count=9&failAt=2", { headers: { "X-Request-Id": "streamed" } });
  expect((await reply.text()).split("\n").at(-2)).toContain('"requestId":"streamed"');
  expect(logged.find((text) => text.includes("stream_failed"))).toMatch(/"streamed".*Error: secret/);
});
