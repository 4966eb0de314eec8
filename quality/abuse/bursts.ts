/** Many clients finish a large body at the same moment. The server must stay up, answer others, and refuse the excess. */
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
  /** The limits, if they are higher than `LIMITS`. */
  limits?: typeof LIMITS;
};

const MIB = 1024 * 1024;
/** The limits of a burst: the time of a `/health` request on an idle machine, and the server's resident memory. */
const LIMITS = { healthMs: 1_000, bytes: 400 * MIB };
/** The limits if the server builds a value from the body, which requires a credential. */
const LIMITS_WITH_VALUES = { healthMs: 3_000, bytes: 800 * MIB };
/** On a busy machine, `/health` may take this many times as long as a bare server, which shows the machine's own delay. */
const TIMES_BARE = 5;
/** Milliseconds for one burst. The API itself times out a request after 25 seconds. */
const DEADLINE_MS = 120_000;

/** Returns 1 MiB of JSON with lists nested 60 deep, which take the most work for their size. */
function nestedLists(): Buffer {
  const list = "[".repeat(60) + "]".repeat(60);
  const count = Math.floor((MIB - '{"data":[]}'.length) / (list.length + 1));
  return Buffer.from(`{"data":[${Array<string>(count).fill(list).join()}]}`);
}

/** @param short leaves out the bursts that need the most memory. */
export function burstsOf(short: boolean): Burst[] {
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
    { clients: 100, path: "/api/users", ...json, limits: LIMITS_WITH_VALUES },
    { clients: 100, path: "/api/process", ...json, limits: LIMITS_WITH_VALUES },
  ];
}

/** Sends a burst to a server, and prints a line about it. @returns the findings. */
export async function runBurst(server: ServerProcess, burst: Burst): Promise<string[]> {
  const stopHealth = await watchHealth(server.url);
  // 0 if the system does not provide it.
  const resident = () => memoryOf(server.pid)?.resident ?? 0;
  let memory = resident();
  const watching = setInterval(() => (memory = Math.max(memory, resident())), 50);
  const started = performance.now();
  const replies = await send(server, burst);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  clearInterval(watching);
  const { worst, bare, failed } = await stopHealth();
  const limits = burst.limits ?? LIMITS;

  const name = `${burst.clients} times ${(burst.body.length / 1e6).toFixed(1)} MB to ${burst.path}`;
  const counts = new Map<string, number>();
  for (const reply of replies) {
    const status = reply === null ? "no answer" : String(reply.status);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const statuses = [...counts].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(
    `${name}: ${statuses.join(", ")} in ${seconds} s; /health within ${Math.round(worst)} ms (a bare server: ${Math.round(bare)} ms), ` +
      `memory ${Math.round(memory / MIB)} MiB`,
  );
  const findings = [...new Set(replies.map(replyFinding).filter((what) => what !== undefined))];
  if (!server.isRunning()) findings.push(`the server has ended: ${String(server.status)}`);
  if (failed > 0) findings.push(`${failed} requests to /health failed`);
  if (worst > Math.max(limits.healthMs, TIMES_BARE * bare))
    findings.push(`/health took ${Math.round(worst)} ms`);
  if (memory > limits.bytes) findings.push(`memory rose to ${Math.round(memory / MIB)} MiB`);
  return findings.map((what) => `${name}: ${what}`);
}

/** Checks that a reply accepts the body, or refuses it with the problem `unavailable` and `Retry-After`. */
function replyFinding(reply: Reply | null): string | undefined {
  if (reply === null) return "a connection ended without an answer";
  const { status, headers, body } = reply;
  // The item has only lists, so the API answers 400 after it has read the body.
  if (status !== 503)
    return [200, 400].includes(status) ? undefined : `the answer is ${status}: ${body.toString()}`;
  const { code } = JSON.parse(body.toString()) as { code?: string };
  const after = headers.find(([name]) => name === "retry-after");
  if (after === undefined) return "a 503 has no Retry-After";
  return code === "unavailable" ? undefined : `a 503 has the code ${String(code)}`;
}

/** Connects all clients, then finishes all bodies at once. @returns the reply to each client, null without one. */
async function send(server: ServerProcess, { clients, path, type, body }: Burst): Promise<(Reply | null)[]> {
  const { hostname, port } = new URL(server.url);
  const head =
    `POST ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${server.key}\r\nConnection: close\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  // A small body fits the socket buffers and is sent first, except for its last byte. Of an upload, only the head is sent.
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
          // The reply may arrive before the whole body is sent.
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
