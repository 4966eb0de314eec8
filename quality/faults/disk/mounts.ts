/** File systems of a test's own. Where this user may not mount any, the test says so and is skipped. */
import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../lib/testServer";

/** A file system of so many mebibytes, `null` where none may be made. */
export function smallDisk(mebibytes: number): string | null {
  const directory = temporaryDirectory();
  return mounted(directory, ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory])
    ? directory
    : null;
}

/**
 * Makes all that lies in a directory read-only, for everyone who looks it up from now on: what is open stays as it is.
 *
 * @returns the way back, `null` where it may not be done.
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
