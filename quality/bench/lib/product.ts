/** The product as `npm start` starts it, without npm, with data of its own and any free ports. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { startLines } from "../../../packages/convex-embedded/fixtures/startLines";
import { Child } from "./children";

export interface Product {
  readonly child: Child;
  readonly port: number;
  /** Of the first start in a data directory only. */
  readonly key: string | null;
  /** Milliseconds from the start of the process. */
  readonly readyMs: number;
}

interface Options {
  readonly root: string;
  /** The data directory. */
  readonly data: string;
  /** Settings for the functions. Limits are off where none is named. */
  readonly env?: Readonly<Record<string, string>>;
  /** Preloads `probe.mjs`, so that the child answers what it is asked. */
  readonly probed?: boolean;
  /** Gets the lines on stderr, which are this process's own otherwise. */
  readonly complained?: (line: string) => void;
}

/** What `probe.mjs` answers to `sample`: bytes, and milliseconds by which the event loop was late since the last `reset`. */
export interface Sample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly loop: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Resolves when it is ready for requests. */
export async function startProduct({ root, data, env, probed, complained }: Options): Promise<Product> {
  const started = performance.now();
  // Whatever the developer has set in `.env.local` is none of a measurement's business.
  const envFile = `${data}.env`;
  writeFileSync(envFile, "");
  const own = ["--port", "0", "--api-port", "0", "--data", data, "--env-file", envFile];
  const preload = `--import=${pathToFileURL(join(root, "bench/lib/probe.mjs")).href}`;
  const child = spawn(process.execPath, ["scripts/run.mjs", "embedded/main.ts", ...own], {
    cwd: root,
    stdio: ["ignore", "pipe", complained ? "pipe" : "inherit", ...(probed ? (["ipc"] as const) : [])],
    env: {
      ...process.env,
      RATE_LIMIT_KEY_PER_MINUTE: "0",
      RATE_LIMIT_IP_PER_MINUTE: "0",
      ...(probed && { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${preload}`.trim() }),
      ...env,
    },
  });
  if (complained && child.stderr) createInterface({ input: child.stderr }).on("line", complained);
  if (!child.stdout) throw new Error("The product has no stdout");
  const printed = await startLines(child.stdout);
  const readyMs = performance.now() - started;
  const port = Number(new URL(printed.get("api") ?? "").port);
  return { child: new Child(child), port, key: printed.get("key") ?? null, readyMs };
}
