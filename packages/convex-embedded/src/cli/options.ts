/** What the command line says. */
import { resolve } from "node:path";
import { parseStrictly, UsageError } from "./arguments";

export interface CommandLine {
  /** Absolute: the folder that holds `convex/`. */
  readonly project: string;
  readonly port: number;
  /** `undefined` for the default. */
  readonly apiPort: number | undefined;
  readonly host: string;
  /** Absolute. */
  readonly data: string;
  /** Absolute. */
  readonly envFile: string;
  /** True if the env file was asked for, and so must be there. */
  readonly envFileRequired: boolean;
  /** How many proxies stand before the server. */
  readonly trustProxy: number;
  readonly watch: boolean;
  readonly reset: boolean;
  readonly help: boolean;
}

export const USAGE = `usage: npm start -- [options]

  --port N          port of the HTTP actions (3211)
  --api-port N      port of stored files and of npx convex (3210; any free one with --port 0)
  --host ADDRESS    address to listen on (127.0.0.1: this machine only)
  --data DIR        data directory, made if missing (.convex-embedded)
  --env-file FILE   environment variables for the functions, beside this process's own (.env.local, if there); where
                    npx convex finds this server, and sets variables
  --project DIR     folder that holds convex/ (the current one)
  --trust-proxy N   take the client's address from the N-th last entry of X-Forwarded-For, as N proxies before the
                    server leave it (0: from the connection). An entry that is missing or no address counts as 0
  --watch           build again when a file in convex/ changes, and take over what changes in the env file; keep the data
  --reset           delete what is in the data directory first
  --help            show this

Prints the addresses and, on the first start in a data directory, an API key, then a line that begins with "ready".
`;

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;

const OPTIONS = {
  ...{ port: TEXT, "api-port": TEXT, host: TEXT, data: TEXT },
  ...{ "env-file": TEXT, project: TEXT, "trust-proxy": TEXT },
  ...{ watch: FLAG, reset: FLAG, help: FLAG },
};

/** @throws UsageError for options that do not exist or values that make no sense. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const values = parseStrictly(args, OPTIONS);
  const project = resolve(values.project ?? ".");
  return {
    project,
    port: portOf("port", values.port ?? "3211"),
    apiPort: values["api-port"] === undefined ? undefined : portOf("api-port", values["api-port"]),
    host: values.host ?? "127.0.0.1",
    data: resolve(project, values.data ?? ".convex-embedded"),
    envFile: resolve(project, values["env-file"] ?? ".env.local"),
    envFileRequired: values["env-file"] !== undefined,
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

function countOf(option: string, text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a small number, not '${text}'`);
}
