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
  return { child: new Child(server.process), port, key: server.printed("key"), readyMs: server.readyMs };
}
