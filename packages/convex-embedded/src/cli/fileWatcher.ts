/** Watches a project's functions, or a single file. */
import type { Dirent, FSWatcher } from "node:fs";
import { readdirSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { functionsFolder } from "../runtime/convexJson";

const DEBOUNCE_MS = 50;
const GENERATED = "_generated";

interface Watcher {
  close(): void;
}

/**
 * Watches a project's functions until closed. Changes in quick succession, as editors and `git checkout` make them, count as one.
 * Changes while `changed` runs cause one more call.
 *
 * @param changed must not reject.
 */
export function watchFunctions(project: string, changed: () => Promise<void>): Watcher {
  return debounced(changed, (notice) =>
    watchFolders(functionsFolder(project), (file) => {
      // Ignore the temporary files of editors and the generated folder.
      if (file === null || (file !== GENERATED && !/^[.#]|~$/.test(file))) notice();
    }),
  );
}

/**
 * Watches one file, which may be created and deleted meanwhile.
 *
 * @param path absolute path in an existing folder. @param changed must not reject.
 */
export function watchFile(path: string, changed: () => Promise<void>): Watcher {
  return debounced(changed, (notice) => {
    // Watch the folder: editors replace the file, and a watcher on the old file would not see the new one.
    const watcher = watch(dirname(path), (_event, file) => {
      if (file === null || file === basename(path)) notice();
    });
    watcher.on("error", () => watcher.close());
    return watcher;
  });
}

/** Merges changes in quick succession. @param watch calls `notice` for each change. */
function debounced(changed: () => Promise<void>, watch: (notice: () => void) => Watcher): Watcher {
  let timer: NodeJS.Timeout | undefined;
  let working = false;
  let again = false;

  const run = async (): Promise<void> => {
    if (working) {
      again = true;
      return;
    }
    working = true;
    do {
      again = false;
      await changed();
      // An event may have set it, which the compiler does not know.
    } while (again as boolean);
    working = false;
  };

  const watcher = watch(() => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), DEBOUNCE_MS);
  });
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

/**
 * Watches a folder and its subfolders with one watcher each. The recursive watcher of Node 20 watches single files and loses a file
 * when an editor replaces it.
 *
 * @param changed gets the name of the file, `null` if the system does not provide it.
 */
function watchFolders(root: string, changed: (file: string | null) => void): Watcher {
  const watchers = new Map<string, FSWatcher>();
  const follow = (): void => {
    const present = new Set(foldersIn(root));
    for (const [folder, watcher] of watchers) {
      if (present.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of present) if (!watchers.has(folder)) add(folder);
  };
  const add = (folder: string): void => {
    const watcher = watch(folder, (_event, file) => {
      follow();
      changed(file);
    });
    // The folder was deleted; the watcher of its parent reports that.
    watcher.on("error", () => watcher.close());
    watchers.set(folder, watcher);
  };
  follow();
  return {
    close() {
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** Yields a folder and its subfolders, except the generated one: watching it would regenerate it forever. */
function* foldersIn(folder: string): Generator<string> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  yield folder;
  for (const entry of entries) {
    if (entry.isDirectory() && entry.name !== GENERATED) yield* foldersIn(join(folder, entry.name));
  }
}
