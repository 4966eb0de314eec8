/** The two ports of a server: one for HTTP actions, one for stored files and Convex's tools. */
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
  /** The base URL of HTTP actions, without a trailing slash. */
  readonly url: string;
  /** The base URL of the API port, without a trailing slash. */
  readonly apiUrl: string;
  /** Closes both ports gracefully. @param graceMs milliseconds after which the remaining sockets are destroyed. */
  close(graceMs: number): Promise<void>;
}

/**
 * Listens on both ports or on neither.
 *
 * @throws Error with a line for each port that is in use or needs privileges.
 */
export async function openBothPorts({ host, site, api }: BothPortsOptions): Promise<BothPorts> {
  const [first, second] = await openBoth(listen({ host, ...site }), listenApi({ host, ...api }));
  return {
    url: `http://${authority(host, first.port)}`,
    apiUrl: `http://${authority(host, second.port)}`,
    async close(graceMs) {
      await Promise.all([first.close(graceMs), second.close(graceMs)]);
    },
  };
}

/** Reports both ports in one error if both fail. */
async function openBoth(
  one: Promise<HttpServer>,
  other: Promise<HttpServer>,
): Promise<readonly [HttpServer, HttpServer]> {
  const settled = await Promise.allSettled([one, other]);
  const [first, second] = settled;
  if (first.status === "fulfilled" && second.status === "fulfilled") return [first.value, second.value];
  for (const open of settled) if (open.status === "fulfilled") await open.value.close(0);
  const errors = settled.flatMap((open) => (open.status === "rejected" ? [open.reason as Error] : []));
  // An error about the address is the same for both ports.
  const messages = new Set(errors.map(({ message }) => message));
  throw new Error([...messages].join("\n"), { cause: errors[0] });
}

/** Returns host and port for a URL. A wildcard address becomes the loopback address. */
function authority(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `127.0.0.1:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
