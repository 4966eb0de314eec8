/** Reads what a process uses from the kernel. Linux only, except for `residentBytes`. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const KIB = 1024;
const TICKS_PER_SECOND = 100;

/**
 * File descriptors that other clients may hold on a measured server: `fetch` keeps connections open for its next request.
 */
export const SPARE_DESCRIPTORS = 8;

/** File descriptors by kind. */
export interface Descriptors {
  readonly sockets: number;
  readonly files: number;
  /** Pipes, timers, inotify and the like. */
  readonly others: number;
}

/** Memory in bytes. */
export interface Memory {
  /** All resident memory. */
  readonly resident: number;
  /** Heap, stacks and buffers. */
  readonly own: number;
  /** Mapped files: programs, and pages of the database, which the kernel can reclaim. */
  readonly mapped: number;
}

/** Returns the memory of a process; undefined if it has ended or the system is not Linux. */
export function memoryOf(pid: number): Memory | undefined {
  return ifKnown(() => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]) * KIB;
    return { resident: bytes("VmRSS"), own: bytes("RssAnon"), mapped: bytes("RssFile") + bytes("RssShmem") };
  });
}

/** Returns the resident memory of a running process in bytes, on every system that has `ps`. */
export function residentBytes(pid: number): number {
  const known = memoryOf(pid);
  if (known) return known.resident;
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * KIB;
}

/** Returns the open file descriptors of a process; undefined if it has ended or the system is not Linux. */
export function descriptorsOf(pid: number): Descriptors | undefined {
  return ifKnown(() => {
    const directory = `/proc/${pid}/fd`;
    const counts = { sockets: 0, files: 0, others: 0 };
    for (const fd of readdirSync(directory)) counts[kindOf(`${directory}/${fd}`)]++;
    return counts;
  });
}

/** Returns the number of open file descriptors; `NaN` if unknown. */
export function descriptorCount(pid: number): number {
  const counts = descriptorsOf(pid);
  return counts ? counts.sockets + counts.files + counts.others : NaN;
}

/** Returns the CPU time that a process has used in seconds; `NaN` if unknown. */
export function cpuSeconds(pid: number): number {
  const ticks = ifKnown(() => {
    // The program's name can contain spaces and ends at the last parenthesis. User and system time are fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return (ticks ?? NaN) / TICKS_PER_SECOND;
}

function kindOf(link: string): keyof Descriptors {
  let to: string;
  try {
    to = readlinkSync(link);
  } catch {
    // Closed since the directory was read.
    return "others";
  }
  if (to.startsWith("socket:")) return "sockets";
  return to.startsWith("/") && !to.startsWith("/dev/") ? "files" : "others";
}

function ifKnown<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The process has ended, or the system has no /proc.
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
