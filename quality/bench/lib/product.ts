/** The product as a measured process: started like any server, and asked about its memory and event loop over IPC. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ServerProcess } from "../../lib/server";
import { Child } from "./children";

export interface Product {
  readonly child: Child;
  readonly port: number;
  /** Of the first start in a data directory only. */
  readonly key: string | undefined;
  /** Milliseconds from the start of the process. */
  readonly readyMs: number;
}

interface Options {
  readonly root: string;
  /** The data directory. */
  readonly data: string;
  /** Settings for the functions. Rate limits are off unless they are set here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Preloads `probe.mjs`, so that the child answers what it is asked. */
  readonly probed?: boolean;
  /** Gets the lines on stderr, which go to this process's stderr otherwise. */
  readonly complained?: (line: string) => void;
}

/** What `probe.mjs` answers to `sample`: bytes, and milliseconds by which the event loop was late since the last `reset`. */
export interface Sample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly loop: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Resolves when it is ready for requests. */
export async function startProduct(options: Options): Promise<Product> {
  const { root, data, settings = {}, probed = false, complained = console.error } = options;
  const probe = pathToFileURL(join(root, "quality/bench/lib/probe.mjs")).href;
  const server = await ServerProcess.start({
    ...{ cwd: root, data, settings, discardLog: true, onStderr: complained },
    ...(probed && { ipc: true, preload: [probe] }),
  });
  const port = Number(new URL(server.url).port);
  return { child: new Child(server.process), port, key: server.printed("key"), readyMs: server.readyMs };
}
