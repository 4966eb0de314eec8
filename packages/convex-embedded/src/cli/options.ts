/** The options of `convex-embedded start`. */
import { resolve } from "node:path";
import { parseStrictly, UsageError } from "./arguments";
import { originsIn } from "../http/allowedOrigins";

export interface CommandLine {
  /** Absolute path of the folder that holds `convex/`. */
  readonly project: string;
  readonly port: number;
  /** `undefined` for the default. */
  readonly apiPort: number | undefined;
  readonly host: string;
  /** Origins whose pages may use the API port. `undefined` if the environment decides. */
  readonly apiPortOrigins: readonly string[] | undefined;
  /** Absolute path of the data directory. */
  readonly data: string;
  /** Absolute path of the env file. */
  readonly envFile: string;
  /** True if the command line names the env file. */
  readonly envFileNamed: boolean;
  /** How many proxies are in front of the server. */
  readonly trustProxy: number;
  /** True to serve the metrics without the admin key to programs on this machine. */
  readonly metrics: boolean;
  /** True to serve streaming export. */
  readonly streamingExport: boolean;
  readonly watch: boolean;
  readonly reset: boolean;
  readonly help: boolean;
}

export const USAGE = `usage: convex-embedded start [options]

  --port N            port for HTTP actions (default 3211; 0: any free port)
  --api-port N        port for stored files and npx convex (default 3210; any free port with --port 0)
  --api-port-origins LIST
                      origins of web pages that may use the API port, such as https://app.example.com,https://*.example.org,
                      or * (default: the variable CONVEX_API_PORT_ORIGINS). Pages on this machine and on the server's own
                      origins are always allowed
  --host ADDRESS      address to listen on (default 127.0.0.1: this machine only)
  --data DIR          data directory, created if missing (default .convex-embedded)
  --env-file FILE     environment variables for the functions, in addition to those of this process (default .env.local).
                      Created if missing. npx convex finds this server through it and sets variables in it
  --project DIR       folder that holds convex/ (default: the current directory)
  --trust-proxy N     read the client's address from the N-th last entry of X-Forwarded-For, for N proxies in front of the
                      server (default 0: use the connection's address). The connection's address is also used if the entry
                      is missing or invalid
  --metrics           serve GET /metrics of the API port without the admin key to programs on this machine. All others need
                      the key: Authorization: Convex KEY
  --streaming-export  serve the connectors of Fivetran and Airbyte. Keeps a log of changes, which makes writes slower; a start
                      without this option deletes the log
  --watch             rebuild when a file in convex/ changes, and apply changes of the env file; the data stays
  --reset             delete the data in the data directory first
  --help              show this help

Prints the addresses and the lines that convex-embedded.json configures, then a line that begins with "ready".
`;

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;

const OPTIONS = {
  port: TEXT,
  "api-port": TEXT,
  "api-port-origins": TEXT,
  host: TEXT,
  data: TEXT,
  "env-file": TEXT,
  project: TEXT,
  "trust-proxy": TEXT,
  metrics: FLAG,
  "streaming-export": FLAG,
  watch: FLAG,
  reset: FLAG,
  help: FLAG,
};

/** Parses the options of `start`. @throws UsageError for unknown options and invalid values. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const values = parseStrictly(args, OPTIONS);
  const project = resolve(values.project ?? ".");
  const origins = values["api-port-origins"];
  return {
    project,
    port: portOf("port", values.port ?? "3211"),
    apiPort: values["api-port"] === undefined ? undefined : portOf("api-port", values["api-port"]),
    host: values.host ?? "127.0.0.1",
    apiPortOrigins: origins === undefined ? undefined : originsOf("--api-port-origins", origins),
    data: resolve(project, values.data ?? ".convex-embedded"),
    envFile: resolve(project, values["env-file"] ?? ".env.local"),
    envFileNamed: values["env-file"] !== undefined,
    trustProxy: countOf("--trust-proxy", values["trust-proxy"] ?? "0"),
    metrics: values.metrics ?? false,
    streamingExport: values["streaming-export"] ?? false,
    watch: values.watch ?? false,
    reset: values.reset ?? false,
    help: values.help ?? false,
  };
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--${option} must be a number from 0 (any free port) to 65535, not '${text}'`);
}

function originsOf(option: string, text: string): string[] {
  try {
    return originsIn(option, text);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function countOf(option: string, text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be a whole number below 1000, not '${text}'`);
}
