/** Brings copied files up to date: a three-way merge of the copies as they were, the app's files, and the copies as they are now. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Merged = {
  /** Texts to write, by path. Those of `conflicts` have Git's markers. */
  readonly writes: ReadonlyMap<string, string>;
  /** Files that are no longer part of the API, and that the app has not changed. */
  readonly removals: readonly string[];
  /** Files that both sides have changed in the same lines. */
  readonly conflicts: readonly string[];
  /** Files that only one side still has, although the other has changed them. The app's side stays. */
  readonly left: readonly string[];
};

type Texts = ReadonlyMap<string, string>;

/** @param read returns the app's text of a file, or undefined if the app does not have it. */
export function merged(base: Texts, read: (path: string) => string | undefined, now: Texts): Merged {
  const writes = new Map<string, string>();
  const removals: string[] = [];
  const conflicts: string[] = [];
  const left: string[] = [];
  for (const path of new Set([...base.keys(), ...now.keys()])) {
    const [before, theirs, ours] = [base.get(path), read(path), now.get(path)];
    if (before === ours || theirs === ours) continue;
    if (theirs === before) {
      if (ours === undefined) removals.push(path);
      else writes.set(path, ours);
    } else if (theirs === undefined || ours === undefined) left.push(path);
    else {
      const { text, isClean } = threeWay(before ?? "", theirs, ours);
      writes.set(path, text);
      if (!isClean) conflicts.push(path);
    }
  }
  return { writes, removals, conflicts, left };
}

/** Merges with `git merge-file`. @throws Error if Git is not installed or fails. */
function threeWay(base: string, theirs: string, ours: string): { text: string; isClean: boolean } {
  const folder = mkdtempSync(join(tmpdir(), "adopt-merge-"));
  try {
    for (const [name, text] of Object.entries({ theirs, base, ours }))
      writeFileSync(join(folder, name), text);
    const labels = ["yours", "adopted", "new"].flatMap((label) => ["-L", label]);
    const args = ["merge-file", "-p", ...labels, "theirs", "base", "ours"];
    const { status, stdout, stderr, error } = spawnSync("git", args, {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    // The status is the number of conflicts, at most 127.
    if (error || status === null || status > 127)
      throw new Error(`git merge-file failed: ${error?.message ?? stderr}`);
    return { text: stdout, isClean: status === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
