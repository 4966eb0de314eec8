/** Sends requests over one connection, all at once, and reads the replies. */
import { connect } from "node:net";
import { readReply, type Reply } from "./replies";
import type { GeneratedRequest } from "./requests/generate";

export type Address = { host: string; port: number };

export type Volley = {
  /** In the order of the requests; fewer if the connection ended early. */
  replies: Reply[];
  /** `answered`, or why the connection ended early: `closed` by the server, `late`, an error code, or a malformed reply. */
  end: "answered" | "late" | (string & {});
};

/** Milliseconds for one volley. */
const DEADLINE_MS = 20_000;

/** Sends well-formed requests, and expects one reply to each, in order. */
export function volley({ host, port }: Address, requests: readonly GeneratedRequest[]): Promise<Volley> {
  return exchange({ host, port }, Buffer.concat(requests.map(({ bytes }) => bytes)), {
    methods: requests.map(({ method }) => method),
    half: false,
  });
}

/** Sends one request, which may be malformed, and reads all replies until the connection closes. */
export function single({ host, port }: Address, { bytes, method }: GeneratedRequest): Promise<Volley> {
  return exchange({ host, port }, bytes, { methods: [firstMethodOf(bytes) ?? method], half: true });
}

/** Returns the method that a malformed request has, which may differ from the intended method. */
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
          // A malformed request may get several replies, if the server reads part of it as another request.
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
