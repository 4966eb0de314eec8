/** `--watch`: reloads the functions or the settings when a file is saved. */
import { generator } from "./generate";
import type { EmbeddedServer } from "../server/server";
import { displayPath } from "../environment/displayPath";
import { watchFile, watchFunctions } from "./fileWatcher";

interface Watched {
  /** Absolute: the folder that holds `convex/`. */
  readonly project: string;
  /** Absolute. */
  readonly envFile: string;
  /** Where a line goes that tells what was done. */
  readonly say: (line: string) => Promise<void>;
  /** Where it goes where nothing could be done. */
  readonly complain: (text: string) => void;
}

/** Serves what is saved, with the settings that are saved, and keeps the types of the functions current. */
export function startWatchMode(server: EmbeddedServer, watched: Watched): void {
  const { project, envFile, say, complain } = watched;
  const generate = generator(project, {
    generated: () => void say("generated convex/_generated"),
    failed: (output) => complain(`convex/_generated is not current: ${output}`),
  });
  watchFunctions(project, async () => {
    if (await reload(server, watched)) generate?.();
  });
  watchFile(envFile, renewing(server, watched));
}

/** @returns whether the new build is served. */
async function reload(server: EmbeddedServer, { say, complain }: Watched): Promise<boolean> {
  const started = performance.now();
  try {
    await server.reload();
    await say(`reloaded in ${Math.round(performance.now() - started)} ms`);
    return true;
  } catch (error) {
    complain(`${(error as Error).message}\nnot reloaded: the last good build goes on serving`);
    return false;
  }
}

/** What takes the env file over, and remembers whether the last one was refused. */
function renewing(server: EmbeddedServer, { envFile, say, complain }: Watched): () => Promise<void> {
  let refused = false;
  return async () => {
    try {
      const names = await server.renewVariables();
      if (names.length > 0) await say(`settings of ${displayPath(envFile)} taken over: ${names.join(", ")}`);
      else if (refused) await say(`settings of ${displayPath(envFile)} are as they were`);
      refused = false;
    } catch (error) {
      complain(`${(error as Error).message}\nsettings not taken over: the last good ones stay`);
      refused = true;
    }
  };
}
