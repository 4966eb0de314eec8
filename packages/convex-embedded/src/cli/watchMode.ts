/** `--watch`: reloads the functions or the settings when a file is saved. */
import { generator } from "./generate";
import type { EmbeddedServer } from "../server/server";
import { displayPath } from "../environment/displayPath";
import { watchFile, watchFunctions } from "./fileWatcher";

interface Watched {
  /** Absolute path of the folder that holds `convex/`. */
  readonly project: string;
  /** Absolute path of the env file. */
  readonly envFile: string;
  /** Prints a line about a completed change. */
  readonly printLine: (line: string) => Promise<void>;
  /** Prints an error. */
  readonly printError: (text: string) => void;
}

/** Serves saved functions with saved settings, and keeps their generated types current. */
export function startWatchMode(server: EmbeddedServer, watched: Watched): void {
  const { project, envFile, printLine, printError } = watched;
  const generate = generator(project, {
    generated: () => void printLine("generated convex/_generated"),
    failed: (output) => printError(`convex/_generated is out of date: ${output}`),
  });
  watchFunctions(project, async () => {
    if (await reload(server, watched)) generate?.();
  });
  watchFile(envFile, envFileUpdater(server, watched));
}

/** Reloads the functions. @returns true if the new build is in service. */
async function reload(server: EmbeddedServer, { printLine, printError }: Watched): Promise<boolean> {
  const started = performance.now();
  try {
    await server.reload();
    await printLine(`reloaded in ${Math.round(performance.now() - started)} ms`);
    return true;
  } catch (error) {
    printError(`${(error as Error).message}\nnot reloaded: the last good build stays in service`);
    return false;
  }
}

/** Returns a function that applies the env file. It remembers whether the previous version was refused. */
function envFileUpdater(
  server: EmbeddedServer,
  { envFile, printLine, printError }: Watched,
): () => Promise<void> {
  let refused = false;
  return async () => {
    try {
      const names = await server.renewVariables();
      if (names.length > 0)
        await printLine(`settings of ${displayPath(envFile)} applied: ${names.join(", ")}`);
      else if (refused) await printLine(`settings of ${displayPath(envFile)} are unchanged`);
      refused = false;
    } catch (error) {
      printError(`${(error as Error).message}\nsettings not applied: the previous ones stay in use`);
      refused = true;
    }
  };
}
