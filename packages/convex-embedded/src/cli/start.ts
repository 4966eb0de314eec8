/** `convex-embedded start`: serves a project until a signal stops it. */
import { makeEnvFile, readEnvFile, readValidEnvFile } from "../environment/envFile";
import { foreignSiteUrl } from "../environment/environment";
import type { LogLine } from "../exec/logLine";
import { failUncaught } from "../exec/uncaughtErrors";
import type { ConfiguredAsset, FirstStart } from "./config";
import { CONFIG_FILE, readConfig } from "./config";
import { finishFirstStart } from "../store/firstStart";
import { lineWriter } from "./lineWriter";
import { whenNpmEnds } from "./npm";
import type { CommandLine } from "./options";
import { UsageError } from "./arguments";
import { parseCommandLine, USAGE } from "./options";
import { resetData } from "./reset";
import type { EmbeddedServer } from "../server/server";
import { startServer } from "../server/server";
import { WATCHDOG_MS } from "../watchdog/watchdog";
import { displayPath } from "../environment/displayPath";
import { settingLines, shareSettings } from "./toolSettings";
import { startWatchMode } from "./watchMode";

/** Work that takes longer is aborted, so that the process ends within five seconds of the signal. */
const STOP_MS = 4_500;
const GRACE_MS = 3_500;
/** One Ctrl-C under `npm start` arrives twice: from the terminal and from npm, which forwards it. */
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
  // A failing event listener or unawaited promise of a function must not end the server.
  process.on("unhandledRejection", (reason) => {
    if (!failUncaught(reason)) process.stderr.write(`Unhandled rejection: ${shown(reason)}\n`);
  });
  process.on("uncaughtException", (error) => {
    if (failUncaught(error)) return;
    // The error is not a function's, so the state of the process is unknown.
    process.stderr.write(`The process ends because of an internal error: ${shown(error)}\n`);
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
  const { project, envFile, watch } = options;
  if (options.envFileNamed && makeEnvFile(envFile))
    printError(`${displayPath(envFile)} did not exist and was created. It sets no variables yet.`);
  const { firstStart, pages, assets, guardedFetch, metricsQuery } = readConfig(project);
  const env = { ...pathsOf(assets), ...process.env };
  const server = await startServer({
    ...options,
    metrics: { open: options.metrics, query: metricsQuery },
    ...{ env, assets, guardedFetch, log: print, watchdog: WATCHDOG_MS },
  });
  warnOfInvalidLines(envFile);
  warnOfIgnoredSiteUrl(envFile);

  await printLabeled("api", server.url);
  for (const [word, path] of Object.entries(pages)) await printLabeled(word, server.url + path);
  await printLabeled("data", displayPath(server.dataDirectory));
  if (server.firstStart && firstStart !== null) await runFirst(server, firstStart);
  await configureTools(server, options);
  if (server.firstStart) finishFirstStart(server.dataDirectory);
  // Start watching first: a file may be saved right after the next line is printed.
  if (watch) startWatchMode(server, { project, envFile, printLine, printError });
  await printLine(`ready in ${Math.round(performance.now())} ms`);
  return server;
}

/** Configures `npx convex` for this server, or prints the settings on the first start. */
async function configureTools(server: EmbeddedServer, options: CommandLine): Promise<void> {
  const { project, envFile, port, apiPort } = options;
  const settings = { url: server.apiUrl, adminKey: server.adminKey };
  // A random port changes with the next start, so it is not written.
  const temporary = (apiPort ?? port) === 0;
  const place = { file: envFile, project, host: process.env };
  const shared = temporary ? "elsewhere" : shareSettings(settings, place);
  if (shared === "written")
    await printLine(`cli  ${server.apiUrl} for npx convex; its two settings are in ${displayPath(envFile)}`);
  if (shared !== "elsewhere" || !server.firstStart) return;
  await printLine(`cli  ${server.apiUrl} for npx convex, with these settings:`);
  for (const line of settingLines(settings)) await printLine(line);
}

/** Returns the environment variables that give functions the paths of the assets. */
function pathsOf(assets: readonly ConfiguredAsset[]): Record<string, string> {
  return Object.fromEntries(assets.flatMap(({ env, path }) => (env === null ? [] : [[env, path]])));
}

/** Runs the `firstStart` function and prints the configured fields of its result. */
async function runFirst(server: EmbeddedServer, { run, args, print }: FirstStart): Promise<void> {
  if (!(await server.has(run))) throw new Error(`${CONFIG_FILE}: firstStart.run: function ${run} not found`);
  const result = await server.run(run, args);
  for (const name of print) {
    const value: unknown = typeof result === "object" && result !== null ? Reflect.get(result, name) : null;
    if (typeof value !== "string")
      throw new Error(`${CONFIG_FILE}: firstStart.print: the result of ${run} has no string ${name}`);
    await printLabeled(name, value);
  }
}

/** Prints a line that begins with a label, by which programs find it. Labels of up to four letters are aligned. */
function printLabeled(word: string, text: string): Promise<void> {
  return printLine(`${word.padEnd(4)} ${text}`);
}

/** Prints a line. Resolves when the line has left the process: a key in a buffer would be lost in a crash. */
function printLine(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}

/** Warns that CONVEX_SITE_URL is ignored: an operator who moved from Convex may rely on that address. */
function warnOfIgnoredSiteUrl(envFile: string): void {
  const url = foreignSiteUrl(readEnvFile(envFile));
  if (url === undefined) return;
  printError(
    `${displayPath(envFile)} sets CONVEX_SITE_URL to ${url}, the address of another deployment. This server ignores it and ` +
      "uses its own. Set it in the environment of the process if clients reach this server there.",
  );
}

/** Reports the invalid lines of the env file. */
function warnOfInvalidLines(envFile: string): void {
  try {
    readValidEnvFile(envFile);
  } catch (error) {
    printError((error as Error).message);
  }
}

function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print({ level, path, message }: LogLine): void {
  const lines = level === "warn" || level === "error" ? errors : output;
  lines.write(path === null ? message : `[${path}] ${message}`);
}

/** Stops gracefully on the first signal or when npm ends. A second signal ends the process immediately. */
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
    // A Ctrl-C ends npm too, and this process is already stopping.
    if (first === undefined) onSignal();
  });
}
