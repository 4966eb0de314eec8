/** An HTTP client that closes its connections. `fetch` keeps them open until the server closes them. */
import { Agent, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export class Client {
  readonly #agent: Agent;

  /** @param key sent with every request. @param connections the largest number of connections. */
  constructor(
    private readonly port: number,
    private readonly key: string,
    connections = 1,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a GET, or a POST with a JSON body. @throws Error if the status is not the expected one. */
  async ask(path: string, status: number, body?: unknown): Promise<Reply> {
    const method = body === undefined ? "GET" : "POST";
    const text = body === undefined ? "" : JSON.stringify(body);
    const json =
      body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": text.length };
    const headers = { "X-API-Key": this.key, ...json };
    const options = { host: "127.0.0.1", port: this.port, path, method, headers, agent: this.#agent };
    const reply = await new Promise<Reply>((resolve, reject) => {
      const sent = request(options, (incoming) => {
        let answer = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
        incoming.on("error", reject).on("end", () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: answer });
        });
      });
      sent.on("error", reject).end(text);
    });
    if (reply.status === status) return reply;
    throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}
