/** The servers of partners, which outlive the server under test. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Random } from "../../../packages/convex-embedded/fixtures/random";
import type { Call } from "../client";

/**
 * `failing` partners reply 500 to the first attempt of each event, `silent` ones do not reply, and `gone` ones close every connection.
 */
export type Kind = "prompt" | "slow" | "failing" | "silent" | "gone";

/** A slow partner replies after at most this many milliseconds. */
const SLOW_MS = 400;

/** A webhook as it arrived. */
export interface Arrival {
  readonly partner: number;
  /** The `webhook-id`. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** False if the reply is a failure. */
  readonly accepted: boolean;
}

/**
 * Starts a server with one path for each partner. It ends with the test.
 *
 * @param kinds The partners. A test may change them during the run.
 * @param arrived Called with each webhook.
 */
export async function openPartners(
  kinds: readonly Kind[],
  random: Random,
  arrived: (arrival: Arrival) => void,
) {
  const seen = new Set<string>();
  const replies: Record<Kind, (response: ServerResponse, first: boolean) => void> = {
    prompt: (response) => response.writeHead(204).end(),
    slow: (response) => void setTimeout(() => response.writeHead(204).end(), random() * SLOW_MS),
    failing: (response, first) => response.writeHead(first ? 500 : 204).end(),
    silent: () => undefined,
    gone: (response) => response.destroy(),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const partner = Number(request.url?.slice(1));
      const id = String(request.headers["webhook-id"]);
      const body = Buffer.concat(parts).toString();
      const first = !seen.has(`${partner} ${id}`);
      seen.add(`${partner} ${id}`);
      const { type, data } = JSON.parse(body) as Pick<Arrival, "type" | "data">;
      const kind = kinds[partner] ?? "gone";
      replies[kind](response, first);
      const accepted = kind === "prompt" || kind === "slow" || (kind === "failing" && !first);
      arrived({ partner, id, type, data, body, accepted });
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    /** Registers an endpoint for each partner. */
    async subscribe(call: Call): Promise<void> {
      for (const partner of kinds.keys()) {
        const endpoint = { url: `http://127.0.0.1:${port}/${partner}`, events: ["item.*"] };
        const { status, text } = await call("POST", "/api/webhook-endpoints", endpoint);
        if (status !== 201) throw new Error(`the endpoint ${partner}: ${status} ${text}`);
      }
    },
  };
}
