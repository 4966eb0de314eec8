/** The two ports of a server: that of the HTTP actions, and that of stored files and of Convex's tools. */
import type { ApiOptions } from "./api";
import { listenApi } from "./api";
import type { HttpServer } from "./port";
import type { HttpOptions } from "./server";
import { listen } from "./server";

export interface BothPortsOptions {
  readonly host: string;
  readonly site: Omit<HttpOptions, "host">;
  readonly api: Omit<ApiOptions, "host">;
}

export interface BothPorts {
  /** Where HTTP actions are, without a trailing slash. */
  readonly url: string;
  /** Where the API port is, without a trailing slash. */
  readonly apiUrl: string;
  /** Closes both, as each of them closes. @param graceMs after that long the sockets that are left are cut. */
  close(graceMs: number): Promise<void>;
}

/**
 * Listens on both, or on none.
 *
 * @throws Error with a line for each port that is in use or may not be taken.
 */
export async function openBothPorts({ host, site, api }: BothPortsOptions): Promise<BothPorts> {
  const [first, second] = await bothOrNone(listen({ host, ...site }), listenApi({ host, ...api }));
  return {
    url: `http://${authority(host, first.port)}`,
    apiUrl: `http://${authority(host, second.port)}`,
    async close(graceMs) {
      await Promise.all([first.close(graceMs), second.close(graceMs)]);
    },
  };
}

/** Of two ports that are taken, both are told at once. */
async function bothOrNone(
  one: Promise<HttpServer>,
  other: Promise<HttpServer>,
): Promise<readonly [HttpServer, HttpServer]> {
  const settled = await Promise.allSettled([one, other]);
  const [first, second] = settled;
  if (first.status === "fulfilled" && second.status === "fulfilled") return [first.value, second.value];
  for (const open of settled) if (open.status === "fulfilled") await open.value.close(0);
  const errors = settled.flatMap((open) => (open.status === "rejected" ? [open.reason as Error] : []));
  // What is wrong with the address is the same for both.
  const messages = new Set(errors.map(({ message }) => message));
  throw new Error([...messages].join("\n"), { cause: errors[0] });
}

/** Host and port as a URL has them. What listens everywhere is reached through the loopback address. */
function authority(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `127.0.0.1:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
