/** Calls back when a file of a project's `convex/` folder has changed, or one file elsewhere. */
import type { Dirent, FSWatcher } from "node:fs";
import { readdirSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

const DEBOUNCE_MS = 50;
const GENERATED = "_generated";

interface Watcher {
  close(): void;
}

/**
 * Watches until closed. Changes that come close together, as editors and `git checkout` make them, count as one; while
 * `changed` is still at work they wait, and count as one more.
 *
 * @param changed must not reject.
 */
export function watchFunctions(project: string, changed: () => Promise<void>): Watcher {
  return debounced(changed, (notice) =>
    watchFolders(join(project, "convex"), (file) => {
      // Editors' own files come and go without meaning anything, and so does the folder of what is generated.
      if (file === null || (file !== GENERATED && !/^[.#]|~$/.test(file))) notice();
    }),
  );
}

/**
 * The same for one file, which may come and go.
 *
 * @param path absolute, in a folder that is there. @param changed must not reject.
 */
export function watchFile(path: string, changed: () => Promise<void>): Watcher {
  return debounced(changed, (notice) => {
    // Editors put another file in its place, whom a watcher of the first would not see.
    const watcher = watch(dirname(path), (_event, file) => {
      if (file === null || file === basename(path)) notice();
    });
    watcher.on("error", () => watcher.close());
    return watcher;
  });
}

/** @param watch calls `notice` for each change. */
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
      // Set meanwhile by an event, which the compiler cannot see.
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
 * Watches a folder and those in it, each by itself: Node 20 watches the files of a whole tree one by one, and loses each as
 * soon as an editor puts another in its place.
 *
 * @param changed gets the name of a file, `null` where the system does not tell.
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
    // The folder is gone; the one above it tells.
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

/** The folder and all in it, but for what is generated from the rest, and would be generated for ever. */
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
