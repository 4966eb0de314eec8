/** Clients that subscribe, and one that sends mutations. They speak the sync protocol directly, because they are many. */
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "../../../packages/convex-embedded/fixtures/webSocket";
import { answerParent } from "../lib/children";

export interface Subscribers {
  readonly url: string;
  readonly sockets: number;
  readonly queries: number;
  /** How many sockets subscribe to each channel. */
  readonly shared: number;
}

export interface Sending {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Delivered {
  readonly mutations: number;
  /** From the commit to each delivery, in milliseconds, sorted. */
  readonly latencies: readonly number[];
  /** Deliveries that did not arrive within ten seconds. */
  readonly missing: number;
}

interface Message {
  readonly type: string;
  readonly requestId?: number;
  readonly success?: boolean;
  readonly ts?: string;
  readonly modifications?: readonly { readonly type: string; readonly value?: readonly string[] }[];
}

const WAIT_MS = 10_000;

let aim: Subscribers | null = null;
/** The number of runs of `send`. Each one has a session and texts of its own. */
let run = 0;
/** The arrivals of each text, on the clock of `Date.now`. */
const arrivals = new Map<string, number[]>();

answerParent({
  /** Opens the sockets. Resolves when each of them has all results. */
  async open(subscribers: Subscribers): Promise<void> {
    aim = subscribers;
    const { url, sockets, queries } = subscribers;
    // A few at a time: the benchmark measures changes, not a rush of connections.
    for (let from = 0; from < sockets; from += 50) {
      const some = Array.from({ length: Math.min(50, sockets - from) }, (_, i) =>
        subscribe(url, from + i, queries),
      );
      await Promise.all(some);
    }
  },
  async send({ perSecond, seconds }: Sending): Promise<Delivered> {
    if (aim === null) throw new Error("There are no subscribers");
    const { url, sockets, queries, shared } = aim;
    const channels = (sockets * queries) / shared;
    arrivals.clear();
    run++;
    const commits = new Map<string, number>();
    const writer = await connect(url, `writer ${run}`, (message) => {
      if (message.type !== "MutationResponse") return;
      if (message.success !== true) throw new Error(`A mutation failed: ${JSON.stringify(message)}`);
      const nanoseconds = Buffer.from(message.ts ?? "", "base64").readBigUInt64LE();
      commits.set(`${run} ${message.requestId}`, Number(nanoseconds / 1_000n) / 1_000);
    });
    const count = perSecond * seconds;
    const started = performance.now();
    for (let requestId = 0; requestId < count; requestId++) {
      const due = started + (requestId * 1_000) / perSecond;
      if (due > performance.now()) await pause(due - performance.now());
      // A stride that is coprime to the number of channels visits all of them.
      const args = [{ channel: (requestId * 7) % channels, text: `${run} ${requestId}` }];
      writer.send(JSON.stringify({ type: "Mutation", requestId, udfPath: "posts:send", args }));
    }
    const expected = count * shared;
    const arrived = (): number => [...arrivals.values()].reduce((sum, { length }) => sum + length, 0);
    const end = performance.now() + WAIT_MS;
    while ((arrived() < expected || commits.size < count) && performance.now() < end) await pause(50);
    writer.terminate();
    const latencies = [...arrivals].flatMap(([text, times]) =>
      times.map((time) => time - (commits.get(text) ?? time)),
    );
    return { mutations: count, latencies: latencies.sort((a, b) => a - b), missing: expected - arrived() };
  },
});

/** Subscribes to channels such that `shared` sockets have each of them. */
async function subscribe(url: string, socket: number, queries: number): Promise<void> {
  const group = Math.floor(socket / (aim?.shared ?? 1));
  const seen = new Set<string>();
  const waiting = new Set(Array.from({ length: queries }, (_, i) => i));
  let ready = (): void => undefined;
  const complete = new Promise<void>((resolve) => (ready = resolve));
  let results = 0;
  const client = await connect(url, `subscriber ${socket}`, ({ type, modifications = [] }) => {
    if (type !== "Transition") return;
    const now = performance.timeOrigin + performance.now();
    for (const { value = [] } of modifications) {
      if (results < waiting.size && ++results === waiting.size) ready();
      for (const text of value) {
        if (seen.has(text)) continue;
        seen.add(text);
        const times = arrivals.get(text);
        if (times === undefined) arrivals.set(text, [now]);
        else times.push(now);
      }
    }
  });
  const modifications = [...waiting].map((queryId) => ({
    ...{ type: "Add", queryId, udfPath: "posts:newest" },
    args: [{ channel: group * queries + queryId }],
  }));
  client.send(JSON.stringify({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications }));
  await complete;
}

async function connect(
  url: string,
  sessionId: string,
  onMessage: (message: Message) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/1.48.0/sync`);
  socket.on("message", (data: Buffer) => onMessage(JSON.parse(data.toString()) as Message));
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  socket.send(JSON.stringify({ type: "Connect", sessionId, connectionCount: 0, clientTs: Date.now() }));
  return socket;
}
