/**
 * Starts the API as a separate process, as `npm start` does. All benchmarks, attacks and end-to-end suites use it.
 *
 * The process ends with its parent, even if the parent is killed: a preloaded module watches standard input, which the kernel
 * closes when the parent ends.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Lines } from "./lines";

/** Settings that switch rate limits off. */
export const NO_RATE_LIMITS = { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" } as const;

export interface ServerOptions {
  /** The data directory. The default is the project's. */
  readonly data?: string;
  /** Settings of the functions. Rate limits are off by default. `"project"` uses the project's `.env.local` instead. */
  readonly settings?: Readonly<Record<string, string>> | "project";
  /** Environment variables, in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The project. The default is the current directory. */
  readonly cwd?: string;
  /** The command before the options, for example `["npm", "start", "--"]`, or a wrapper that ends with `...SERVER_COMMAND`. */
  readonly command?: readonly string[];
  /** Modules that Node loads first, as file URLs. */
  readonly preload?: readonly string[];
  /** Port of the HTTP actions. The default, 0, picks a free port. */
  readonly port?: number;
  /** Port of stored files and of Convex's tools. The default, 0, picks a free port. */
  readonly apiPort?: number;
  /** Opens an IPC channel to the process. */
  readonly ipc?: boolean;
  /** Discards stdout once the server is ready, because reading a log line for each request takes CPU time from a benchmark. */
  readonly discardLog?: boolean;
  /** Called with each line on stderr. */
  readonly onStderr?: (line: string) => void;
  /** Called with each process that is started, restarts among them. */
  readonly onLaunch?: (server: ServerProcess) => void;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The command that `npm start` runs. Without `--`, Node 20 would read `--env-file` as its own option. */
export const SERVER_COMMAND: readonly string[] = [
  process.execPath,
  "--",
  "node_modules/.bin/convex-embedded",
  "start",
];

/** Ends the process when standard input ends. Child processes without a pipe there are left alone. */
const END_WITH_PARENT = `data:text/javascript,${encodeURIComponent(`
  import { fstatSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  const input = fstatSync(0);
  if (isMainThread && (input.isSocket() || input.isFIFO())) {
    process.stdin.resume().on("end", () => process.kill(process.pid, "SIGKILL"));
    process.stdin.unref();
  }
`)}`;

export class ServerProcess {
  readonly process: ChildProcess;
  /** Resolves when the process has ended and its last line has been read. */
  readonly ended: Promise<Ending>;
  /** Milliseconds from the start of the process to its `ready` line; NaN before. */
  readyMs = NaN;
  readonly #options: ServerOptions;
  readonly #output = new Lines();
  /** The lines of stdout up to `ready`. */
  readonly #startLines: string[] = [];
  /** The number of kept lines from before the server was ready. */
  #beforeReady = 0;

  private constructor(options: ServerOptions) {
    this.#options = options;
    const home = mkdtempSync(join(tmpdir(), "server-"));
    const [program = "", ...args] = [...(options.command ?? SERVER_COMMAND), ...argumentsOf(options, home)];
    const started = performance.now();
    // In a new process group, so that a kill reaches processes that a wrapper or npm starts.
    this.process = spawn(program, args, {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      detached: true,
      stdio: ["pipe", "pipe", "pipe", ...(options.ipc === true ? (["ipc"] as const) : [])],
      env: environmentOf(options),
    });
    this.ended = once(this.process, "close").then(([code, signal]) => {
      this.#output.end();
      rmSync(home, { recursive: true, force: true });
      return { code: code as number | null, signal: signal as string | null };
    });
    this.#read(started);
    options.onLaunch?.(this);
  }

  /** Starts a server without waiting for it. */
  static launch(options: ServerOptions): ServerProcess {
    return new ServerProcess(options);
  }

  /** Starts a server and waits until it is ready. @throws Error with its output if it ends first. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    await server.line(/^ready\b/);
    return server;
  }

  /** Whole lines of stdout and stderr, in the order in which they arrived. */
  get lines(): readonly string[] {
    return this.#output.all;
  }

  /** The lines since the server was ready. */
  get log(): readonly string[] {
    return this.lines.slice(this.#beforeReady);
  }

  /** Returns the lines since the server was ready or since the last call, and keeps none, because a log can be long. */
  takeLog(): readonly string[] {
    const { log } = this;
    this.#output.clear();
    this.#beforeReady = 0;
    return log;
  }

  /** Waits for a line, past or future. @throws Error with the output if the process ends without it. */
  line(pattern: RegExp): Promise<string> {
    return this.#output.find(pattern);
  }

  /** Waits until the server is ready or has ended. */
  async readyOrEnded(): Promise<"ready" | Ending> {
    return this.line(/^ready\b/).then(
      () => "ready" as const,
      () => this.ended,
    );
  }

  /** Returns the text after a label in the lines of the start, for example `docs`; undefined if the label was not printed. */
  printed(word: string): string | undefined {
    const line = this.#startLines.find((line) => /^[^\s=]+/.exec(line)?.[0] === word);
    return line?.slice(word.length + 1).trim();
  }

  /** The origin of the HTTP actions. */
  get url(): string {
    return this.#required("api");
  }

  /** The origin of stored files and of Convex's tools. */
  get apiUrl(): string {
    return this.#required("cli").split(" ")[0] ?? "";
  }

  /** The key with all scopes. Only the first start in a data directory prints it. */
  get key(): string {
    return this.#required("key");
  }

  /** The process id. With a wrapper that does not `exec` the server, the id of the wrapper. */
  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** The exit code or the signal that ended the process; null while it runs. */
  get status(): number | string | null {
    return this.process.exitCode ?? this.process.signalCode;
  }

  isRunning(): boolean {
    return this.status === null;
  }

  /** Kills the process and its children with SIGKILL, and waits for its end. */
  async kill(): Promise<Ending> {
    try {
      if (this.process.pid !== undefined) process.kill(-this.process.pid, "SIGKILL");
    } catch {
      // The group has ended.
    }
    return this.ended;
  }

  /** Stops the process with SIGTERM, as systemd does, and waits for its end. */
  async stop(): Promise<Ending> {
    this.process.kill("SIGTERM");
    return this.ended;
  }

  /** Kills the process if it is running, and starts another with the same options. */
  async restart(): Promise<ServerProcess> {
    await this.kill();
    return ServerProcess.start(this.#options);
  }

  #read(started: number): void {
    const { stdout, stderr } = this.process;
    // The pipe carries no data. It only shows the server that this process is alive.
    this.process.stdin?.on("error", () => undefined);
    if (stderr) this.#output.read(stderr, (line) => this.#options.onStderr?.(line));
    if (!stdout) return;
    const stop = this.#output.read(stdout, (line) => {
      if (!Number.isNaN(this.readyMs)) return;
      this.#startLines.push(line);
      if (!/^ready\b/.test(line)) return;
      this.readyMs = performance.now() - started;
      this.#beforeReady = this.lines.length;
      if (this.#options.discardLog === true) stop();
    });
  }

  #required(word: string): string {
    const value = this.printed(word);
    if (value === undefined) throw new Error(`The server has not printed the line '${word}'`);
    return value;
  }
}

function argumentsOf({ data, settings = {}, port = 0, apiPort = 0 }: ServerOptions, home: string): string[] {
  const args = ["--port", String(port), "--api-port", String(apiPort)];
  if (data !== undefined) args.push("--data", resolve(data));
  if (settings === "project") return args;
  // A separate file, because the project's `.env.local` belongs to its developer.
  const file = join(home, "env");
  const lines = Object.entries({ ...NO_RATE_LIMITS, ...settings }).map(
    ([name, value]) => `${name}=${value}\n`,
  );
  writeFileSync(file, lines.join(""));
  return [...args, "--env-file", file];
}

function environmentOf({ env = {}, preload = [] }: ServerOptions): NodeJS.ProcessEnv {
  const imports = [END_WITH_PARENT, ...preload].map((url) => `--import=${url}`);
  const options = [process.env["NODE_OPTIONS"], env["NODE_OPTIONS"], ...imports].filter(Boolean);
  return { ...shellEnvironment(), ...env, NODE_OPTIONS: options.join(" ") };
}

/** Returns the environment without the variables that npm, Vitest and the tests' configuration set. */
export function shellEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(VITEST|NODE_ENV$|TEST$|CONVEX_|RATE_LIMIT_|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
