/** Sends requests over one connection, all at once, and gathers what is answered. */
import { connect } from "node:net";
import { readReply, type Reply } from "./replies";
import type { GeneratedRequest } from "./requests/generate";

export type Address = { host: string; port: number };

export type Volley = {
  /** In the order of the requests; fewer where the connection ended before. */
  replies: Reply[];
  /** Why it ended early: `closed` by the server, a code such as `ECONNRESET`, `late`, or what was wrong with a reply. */
  end: "answered" | "late" | (string & {});
};

/** Milliseconds for one volley. The API itself gives up on a request after 25 seconds at most. */
const DEADLINE_MS = 20_000;

/** Requests that end where they say: the replies have to be as many, in their order. */
export function volley({ host, port }: Address, requests: readonly GeneratedRequest[]): Promise<Volley> {
  return exchange({ host, port }, Buffer.concat(requests.map(({ bytes }) => bytes)), {
    methods: requests.map(({ method }) => method),
    half: false,
  });
}

/** A request that may be anything: what comes back until the connection closes. Nothing more is sent behind it. */
export function single({ host, port }: Address, { bytes, method }: GeneratedRequest): Promise<Volley> {
  return exchange({ host, port }, bytes, { methods: [firstMethodOf(bytes) ?? method], half: true });
}

/** A broken request may have another method than it was meant to have. */
const firstMethodOf = (bytes: Buffer) =>
  /^(?:\r\n)*([A-Z-]+) /.exec(bytes.subarray(0, 40).toString("latin1"))?.[1];

function exchange(
  address: Address,
  bytes: Buffer,
  { methods, half }: { methods: readonly string[]; half: boolean },
): Promise<Volley> {
  return new Promise((resolve) => {
    const replies: Reply[] = [];
    let received: Buffer = Buffer.alloc(0);
    const socket = connect({ ...address, allowHalfOpen: half });
    const finish = (end: Volley["end"]) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ replies, end });
    };
    const timer = setTimeout(finish, DEADLINE_MS, "late");
    const read = (ended: boolean) => {
      try {
        for (;;) {
          // What follows the first reply to a broken request answers what was taken for another one.
          const found = readReply(received, methods[replies.length] ?? "GET", ended);
          if (!found) return;
          replies.push(found.reply);
          received = found.rest;
          if (!half && replies.length === methods.length) {
            finish("answered");
            return;
          }
        }
      } catch (error) {
        finish((error as Error).message);
      }
    };
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      read(false);
    });
    socket.on("end", () => {
      read(true);
      finish(replies.length >= methods.length ? "answered" : "closed");
    });
    socket.on("error", ({ code = "failed" }: NodeJS.ErrnoException) => finish(code));
    socket.on("close", () => finish("closed"));
    if (half) socket.end(bytes);
    else socket.write(bytes);
  });
}
