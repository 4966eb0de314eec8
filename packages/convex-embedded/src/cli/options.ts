/** What the command line says. */
import { resolve } from "node:path";
import { parseStrictly, UsageError } from "./arguments";
import { originsIn } from "../http/allowedOrigins";

export interface CommandLine {
  /** Absolute: the folder that holds `convex/`. */
  readonly project: string;
  readonly port: number;
  /** `undefined` for the default. */
  readonly apiPort: number | undefined;
  readonly host: string;
  /** Origins whose pages may use the API port. `undefined` where the environment says. */
  readonly apiPortOrigins: readonly string[] | undefined;
  /** Absolute. */
  readonly data: string;
  /** Absolute. */
  readonly envFile: string;
  /** True if the command line names the env file. */
  readonly envFileNamed: boolean;
  /** How many proxies stand before the server. */
  readonly trustProxy: number;
  readonly watch: boolean;
  readonly reset: boolean;
  readonly help: boolean;
}

export const USAGE = `usage: convex-embedded start [options]

  --port N          port of the HTTP actions (3211)
  --api-port N      port of stored files and of npx convex (3210; any free one with --port 0)
  --api-port-origins LIST
                    origins of web pages that may use that port, such as https://app.example.com,https://*.example.org, or *
                    (the setting CONVEX_API_PORT_ORIGINS). Pages on this machine and on the server's own origins always may
  --host ADDRESS    address to listen on (127.0.0.1: this machine only)
  --data DIR        data directory, made if missing (.convex-embedded)
  --env-file FILE   environment variables for the functions, beside this process's own (.env.local), made if
                    missing; where npx convex finds this server, and sets variables
  --project DIR     folder that holds convex/ (the current one)
  --trust-proxy N   take the client's address from the N-th last entry of X-Forwarded-For, as N proxies before the
                    server leave it (0: from the connection). An entry that is missing or no address counts as 0
  --watch           build again when a file in convex/ changes, and take over what changes in the env file; keep the data
  --reset           delete what is in the data directory first
  --help            show this

Prints the addresses and what convex-embedded.json asks for, then a line that begins with "ready".
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
  watch: FLAG,
  reset: FLAG,
  help: FLAG,
};

/** @throws UsageError for options that do not exist or values that make no sense. */
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
    watch: values.watch ?? false,
    reset: values.reset ?? false,
    help: values.help ?? false,
  };
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--${option} takes a number from 0 (any free port) to 65535, not '${text}'`);
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
  throw new UsageError(`${option} takes a small number, not '${text}'`);
}
