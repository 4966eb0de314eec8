/** Mounts file systems for a test. The functions return `null` if this user may not mount. */
import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../lib/testServer";

/** Mounts an empty file system of this size in MiB. @returns its directory. The test unmounts it. */
export function smallDisk(mebibytes: number): string | null {
  const directory = temporaryDirectory();
  return mounted(directory, ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory])
    ? directory
    : null;
}

/**
 * Mounts a directory read-only. Files that are already open stay writable.
 *
 * @returns a function that makes the directory writable again.
 */
export function readOnly(directory: string): (() => void) | null {
  if (!mounted(directory, ["--bind", directory, directory])) return null;
  execFileSync("mount", ["-o", "remount,bind,ro", directory]);
  return () => void execFileSync("mount", ["-o", "remount,bind,rw", directory]);
}

function mounted(directory: string, args: readonly string[]): boolean {
  try {
    execFileSync("mount", args, { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  return true;
}
