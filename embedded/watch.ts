/** Calls back when a file of a project's `convex/` folder has changed. */
import { watch } from "node:fs";
import { basename, join, sep } from "node:path";

const DEBOUNCE_MS = 50;

/**
 * Watches until closed. Changes that come close together, as editors and `git checkout` make them, count as one; while
 * `changed` is still at work they wait, and count as one more.
 *
 * @param changed must not reject.
 */
export function watchFunctions(project: string, changed: () => Promise<void>): { close(): void } {
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

  const watcher = watch(join(project, "convex"), { recursive: true }, (_event, file) => {
    // Editors' own files come and go without meaning anything.
    if (file !== null && /^[.#]|~$/.test(basename(file))) return;
    // What is generated follows from the rest, and would be generated for ever.
    if (file?.split(sep)[0] === "_generated") return;
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
