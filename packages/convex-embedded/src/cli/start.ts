/** The command line of the embedded runtime: `npm start -- --help`. */
import { accessSync } from "node:fs";
import { readSoundEnvFile } from "../environment/envFile";
import type { LogLine } from "../exec/logLine";
import { reportStray } from "../exec/strays";
import { finishFirstStart } from "./firstStart";
import { lineWriter } from "./lines";
import { whenNpmEnds } from "./npm";
import type { CommandLine } from "./options";
import { UsageError } from "./arguments";
import { parseCommandLine, USAGE } from "./options";
import { referenceScript } from "../reference";
import { resetData } from "./reset";
import type { EmbeddedServer } from "../server/server";
import { startServer } from "../server/server";
import { WATCHDOG_MS } from "../watchdog/watchdog";
import { shownPath } from "./shownPath";
import { settingLines, shareSettings } from "./toolSettings";
import { watchAll } from "./watching";

/** What is not finished by then is cut, so that the process is gone five seconds after the signal. */
const STOP_MS = 4_500;
const GRACE_MS = 3_500;
/** One Ctrl-C under `npm start` arrives twice: from the terminal and from npm, which passes it on. */
const SAME_SIGNAL_MS = 250;

const output = lineWriter(process.stdout);
const errors = lineWriter(process.stderr);
process.on("exit", () => {
  output.flush();
  errors.flush();
});

await main();

async function main(): Promise<void> {
  let server: EmbeddedServer | undefined;
  stopOnSignal(() => server?.close(GRACE_MS));
  // A promise that a function does not await must not end the server when it fails, nor must an event listener.
  process.on("unhandledRejection", (reason) => {
    if (!reportStray(reason)) process.stderr.write(`Unhandled rejection: ${shown(reason)}\n`);
  });
  process.on("uncaughtException", (error) => {
    if (reportStray(error)) return;
    // Not a function's: nobody knows what state this leaves behind.
    process.stderr.write(`The process ends because of an error of its own: ${shown(error)}\n`);
    process.exit(1);
  });
  try {
    const options = parseCommandLine(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(USAGE);
      return;
    }
    if (options.reset) resetData(options.data);
    server = await start(options);
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(`${(error as Error).message}\n${usage ? `\n${USAGE}` : ""}`);
    process.exit(usage ? 2 : 1);
  }
}

function shown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function start(options: CommandLine): Promise<EmbeddedServer> {
  const { project, data, host, port, apiPort, trustProxy, watch, envFile } = options;
  if (options.envFileRequired) requireFile(envFile);
  const ports = { port, ...(apiPort !== undefined && { apiPort }) };
  const reference = referenceScript(project);
  // Whoever sets it has another one in mind.
  const env = { ...(reference && { DOCS_SCRIPT_URL: reference.path }), ...process.env };
  const assets = reference ? [reference] : [];
  const more = { trustProxy, watch, env, envFile, assets, log: print, watchdog: WATCHDOG_MS };
  const server = await startServer({ project, data, host, ...ports, ...more });
  tellBrokenLines(envFile);

  await say(`api  ${server.url}`);
  if (await server.has("openapi:page")) await say(`docs ${server.url}/docs`);
  await say(`data ${shownPath(server.dataDirectory)}`);
  const key = server.firstStart ? await firstKey(server) : null;
  if (key !== null) await say(`key  ${key}`);
  await tellTools(server, options);
  if (server.firstStart) finishFirstStart(server.dataDirectory);
  // Whoever waits for the next line may save a file at once.
  if (watch) watchAll(server, { project, envFile, say, complain });
  await say(`ready in ${Math.round(performance.now())} ms`);
  return server;
}

/** @throws Error that names the env file if it is not there. */
function requireFile(file: string): void {
  try {
    accessSync(file);
  } catch (error) {
    throw new Error(`Cannot read the environment file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Sets up `npx convex` for this server, or on the first start says how that is done. */
async function tellTools(server: EmbeddedServer, options: CommandLine): Promise<void> {
  const { project, envFile, port, apiPort } = options;
  const settings = { url: server.apiUrl, adminKey: server.adminKey };
  // A port that is another one next time is not worth writing down.
  const passing = (apiPort ?? port) === 0;
  const place = { file: envFile, project, host: process.env };
  const shared = passing ? "elsewhere" : shareSettings(settings, place);
  if (shared === "written")
    await say(`cli  ${server.apiUrl} for npx convex, by two settings in ${shownPath(envFile)}`);
  if (shared !== "elsewhere" || !server.firstStart) return;
  await say(`cli  ${server.apiUrl} for npx convex, with these settings:`);
  for (const line of settingLines(settings)) await say(line);
}

/** A key of a local developer that may do everything, `null` in a project that issues none. */
async function firstKey(server: EmbeddedServer): Promise<string | null> {
  if (!(await server.has("apiKeys:issue"))) return null;
  const who = { name: "local development", scopes: ["*"], email: "developer@localhost.invalid" };
  const issued = await server.run("apiKeys:issue", who);
  const key = typeof issued === "object" && issued !== null && "key" in issued ? issued.key : null;
  return typeof key === "string" ? key : null;
}

/** Resolves when the line has left the process: a key that is only in a buffer would be lost with it. */
function say(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}

/** Says at the start what of the env file will not count. */
function tellBrokenLines(envFile: string): void {
  try {
    readSoundEnvFile(envFile);
  } catch (error) {
    complain((error as Error).message);
  }
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print({ level, path, message }: LogLine): void {
  const lines = level === "warn" || level === "error" ? errors : output;
  lines.write(path === null ? message : `[${path}] ${message}`);
}

/** The first signal, or the end of npm, finishes what runs and commits; a second one ends the process at once. */
function stopOnSignal(stop: () => Promise<void> | undefined): void {
  let first: number | undefined;
  const onSignal = (): void => {
    if (first !== undefined) {
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    first = performance.now();
    setTimeout(() => process.exit(0), STOP_MS).unref();
    void Promise.resolve(stop()).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  whenNpmEnds(() => {
    // A Ctrl-C ends both, and this one is stopping already.
    if (first === undefined) onSignal();
  });
}
