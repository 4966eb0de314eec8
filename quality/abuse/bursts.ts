/** Many clients each end a large body at the same moment. The server has to stay up, answer others, and refuse the excess. */
import { once } from "node:events";
import { connect } from "node:net";
import { watchHealth } from "./health";
import { readReply, type Reply } from "./replies";
import type { ServerProcess } from "../lib/server";
import { memoryOf } from "../lib/usage";

type Burst = {
  clients: number;
  path: string;
  type: string;
  body: Buffer;
  /** What it may cost, where that is more than `MOST`. */
  most?: typeof MOST;
};

const MIB = 1024 * 1024;
/** What a burst may cost: milliseconds of an answer of `/health` where the machine itself is not slower, and resident memory. */
const MOST = { healthMs: 1_000, bytes: 400 * MIB };
/** The same where the value of a body has to be built, for which a credential is needed. */
const MOST_OF_VALUES = { healthMs: 3_000, bytes: 800 * MIB };
/** A machine with other work to do delays everything; a bare server's answers show by how much. */
const TIMES_BARE = 5;
/** For one burst. The API itself gives up on a request after 25 seconds. Milliseconds. */
const DEADLINE_MS = 120_000;

/** `{"data":[` and lists nested sixty deep, of 1 MiB in all: the most work for what it weighs. */
function nestedLists(): Buffer {
  const list = "[".repeat(60) + "]".repeat(60);
  const count = Math.floor((MIB - '{"data":[]}'.length) / (list.length + 1));
  return Buffer.from(`{"data":[${Array<string>(count).fill(list).join()}]}`);
}

function burstsOf(short: boolean): Burst[] {
  const json = { type: "application/json", body: nestedLists() };
  const upload = {
    path: "/api/upload",
    type: "application/octet-stream",
    body: Buffer.alloc(19_000_000, "x"),
  };
  const few: Burst[] = [
    { clients: 100, path: "/api/data", ...json },
    { clients: 20, ...upload },
  ];
  if (short) return few;
  return [
    ...few,
    { clients: 100, ...upload },
    { clients: 100, path: "/api/items", ...json, most: MOST_OF_VALUES },
    { clients: 100, path: "/api/process", ...json, most: MOST_OF_VALUES },
  ];
}

/** Runs all bursts and prints a line for each. @returns what must not have happened. */
export async function runBursts(server: ServerProcess, short: boolean): Promise<string[]> {
  const wrong: string[] = [];
  for (const burst of burstsOf(short)) {
    if (!server.isRunning()) break;
    wrong.push(...(await run(server, burst)));
  }
  return wrong;
}

async function run(server: ServerProcess, burst: Burst): Promise<string[]> {
  const stopHealth = await watchHealth(server.url);
  // 0 where the system does not tell.
  const resident = () => memoryOf(server.pid)?.resident ?? 0;
  let memory = resident();
  const watching = setInterval(() => (memory = Math.max(memory, resident())), 50);
  const started = performance.now();
  const replies = await send(server, burst);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  clearInterval(watching);
  const { worst, bare, failed } = await stopHealth();
  const most = burst.most ?? MOST;

  const name = `${burst.clients} times ${(burst.body.length / 1e6).toFixed(1)} MB to ${burst.path}`;
  const counts = new Map<string, number>();
  for (const reply of replies) {
    const status = reply === null ? "cut off" : String(reply.status);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const told = [...counts].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(
    `${name}: ${told.join(", ")} in ${seconds} s; /health within ${Math.round(worst)} ms (a bare server ${Math.round(bare)}), ` +
      `memory ${Math.round(memory / MIB)} MiB`,
  );
  const wrong = [...new Set(replies.map(wrongWithReply).filter((what) => what !== undefined))];
  if (!server.isRunning()) wrong.push(`the server has ended: ${String(server.status)}`);
  if (failed > 0) wrong.push(`/health was not answered ${failed} times`);
  if (worst > Math.max(most.healthMs, TIMES_BARE * bare)) wrong.push(`/health took ${Math.round(worst)} ms`);
  if (memory > most.bytes) wrong.push(`memory rose to ${Math.round(memory / MIB)} MiB`);
  return wrong.map((what) => `${name}: ${what}`);
}

/** Bodies that are not admitted are refused so that a client knows what to do. */
function wrongWithReply(reply: Reply | null): string | undefined {
  if (reply === null) return "a connection ended without an answer";
  const { status, headers, body } = reply;
  // An item of lists alone is invalid, which is found out by reading it.
  if (status !== 503)
    return [200, 400].includes(status) ? undefined : `it was answered ${status}: ${body.toString()}`;
  const { code } = JSON.parse(body.toString()) as { code?: string };
  const after = headers.find(([name]) => name === "retry-after");
  if (after === undefined) return "503 came without Retry-After";
  return code === "unavailable" ? undefined : `503 came as ${String(code)}`;
}

/** Connects all clients, then lets all end at once. @returns the answer of each, null for none. */
async function send(server: ServerProcess, { clients, path, type, body }: Burst): Promise<(Reply | null)[]> {
  const { hostname, port } = new URL(server.url);
  const head =
    `POST ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${server.key}\r\nConnection: close\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  // What fits the buffers of all sockets is sent before; of an upload only its head.
  const early = body.length > MIB ? 0 : body.length - 1;
  const sockets = await Promise.all(
    Array.from({ length: clients }, async () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(head);
      socket.write(body.subarray(0, early));
      return socket;
    }),
  );
  return Promise.all(
    sockets.map(
      (socket) =>
        new Promise<Reply | null>((resolve) => {
          const parts: Buffer[] = [];
          const late = setTimeout(() => socket.destroy(), DEADLINE_MS);
          socket.on("data", (part: Buffer) => parts.push(part));
          // The answer may come before all of the body has gone.
          socket.on("end", () => socket.destroy());
          socket.on("close", () => {
            clearTimeout(late);
            resolve(readReply(Buffer.concat(parts), "POST", true)?.reply ?? null);
          });
          socket.write(body.subarray(early));
        }),
    ),
  );
}
