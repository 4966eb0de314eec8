/** The product as a measured process, which reports its memory and event loop delay over IPC. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ServerProcess } from "../../lib/server";
import { Child } from "./children";

export interface Product {
  readonly child: Child;
  readonly port: number;
  /** Printed only by the first start in a data directory. */
  readonly key: string | undefined;
  /** Reads the metrics once, as Prometheus does. */
  readonly scrape: () => Promise<void>;
  /** Milliseconds from the start of the process. */
  readonly readyMs: number;
}

interface Options {
  readonly root: string;
  /** The data directory. */
  readonly data: string;
  /** Settings of the functions. Rate limits are off by default. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Preloads `probe.mjs`, so that the child answers requests. */
  readonly probed?: boolean;
  /** Called with the lines on stderr. The default prints them on this process's stderr. */
  readonly onStderr?: (line: string) => void;
}

/** The answer of `probe.mjs` to `sample`: memory in bytes, and event loop delay since the last `reset` in milliseconds. */
export interface Sample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly loop: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Starts the product, and waits until it is ready. */
export async function startProduct(options: Options): Promise<Product> {
  const { root, data, settings = {}, probed = false, onStderr = console.error } = options;
  const probe = pathToFileURL(join(root, "quality/bench/lib/probe.mjs")).href;
  const server = await ServerProcess.start({
    ...{ cwd: root, data, settings, discardLog: true, onStderr },
    ...(probed && { ipc: true, preload: [probe] }),
  });
  const port = Number(new URL(server.url).port);
  const adminKey = server.lines.find((line) => line.startsWith(ADMIN_KEY))?.slice(ADMIN_KEY.length) ?? "";
  const scrape = async (): Promise<void> => {
    const headers = { authorization: `Convex ${adminKey}` };
    const reply = await fetch(`${server.apiUrl}/metrics`, { headers });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`The metrics are refused: ${text}`);
  };
  const { readyMs } = server;
  return { child: new Child(server.process), port, key: server.printed("key"), scrape, readyMs };
}

/** The beginning of a line that the first start in a data directory prints. */
const ADMIN_KEY = "CONVEX_SELF_HOSTED_ADMIN_KEY=";
