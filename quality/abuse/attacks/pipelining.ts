/** Connections with many pipelined requests, which are closed before the server has answered most of them. */
import type { Attack } from "./attack";
import { answered, closed, open, sent } from "./connections";

/** Connections at the same time. */
const CLIENTS = 4;
const REQUESTS = 1500;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: api.example.test\r\n\r\n`;

export const pipelining: Attack = {
  name: "pipelining",
  about: `${CLIENTS} connections at a time, ${REQUESTS} requests on each, closed at the first answer`,
  async run({ url, apiUrl }, until) {
    let connections = 0;
    const targets = [
      [url, get("/docs/scalar.js")],
      [url, get("/health")],
      [apiUrl, get("/version")],
    ] as const;
    const client = async (first: number) => {
      for (let i = first; performance.now() < until; i++) {
        const [origin, request] = targets[i % targets.length] as (typeof targets)[number];
        const socket = open(origin);
        void sent(socket, request.repeat(REQUESTS));
        await answered(socket);
        socket.destroy();
        await closed(socket);
        connections++;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
    return { connections, requests: connections * REQUESTS };
  },
};
