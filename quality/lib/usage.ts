/** What a process uses, as the kernel counts it. Linux only, except for `residentBytes`. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const KIB = 1024;
const TICKS_PER_SECOND = 100;

/**
 * File descriptors that other clients may hold on a server while it is measured: `fetch` keeps connections for its next request.
 */
export const SPARE_DESCRIPTORS = 8;

/** File descriptors by what they stand for. */
export interface Descriptors {
  readonly sockets: number;
  readonly files: number;
  /** Pipes, timers, inotify and the like. */
  readonly others: number;
}

/** Bytes. */
export interface Memory {
  /** All resident memory. */
  readonly resident: number;
  /** Heap, stacks and buffers. */
  readonly own: number;
  /** Mapped files: programs, and pages of the database, which the kernel takes back when it needs them. */
  readonly mapped: number;
}

/** The memory of a process; undefined when it has ended, and on other systems. */
export function memoryOf(pid: number): Memory | undefined {
  return ifKnown(() => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]) * KIB;
    return { resident: bytes("VmRSS"), own: bytes("RssAnon"), mapped: bytes("RssFile") + bytes("RssShmem") };
  });
}

/** The resident memory of a running process in bytes, on every system that has `ps`. */
export function residentBytes(pid: number): number {
  const known = memoryOf(pid);
  if (known) return known.resident;
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * KIB;
}

/** The open file descriptors of a process; undefined when it has ended, and on other systems. */
export function descriptorsOf(pid: number): Descriptors | undefined {
  return ifKnown(() => {
    const directory = `/proc/${pid}/fd`;
    const counts = { sockets: 0, files: 0, others: 0 };
    for (const fd of readdirSync(directory)) counts[kindOf(`${directory}/${fd}`)]++;
    return counts;
  });
}

/** The number of open file descriptors; `NaN` where it is not known. */
export function descriptorCount(pid: number): number {
  const counts = descriptorsOf(pid);
  return counts ? counts.sockets + counts.files + counts.others : NaN;
}

/** Seconds of CPU time that a process has used; `NaN` where it is not known. */
export function cpuSeconds(pid: number): number {
  const ticks = ifKnown(() => {
    // The program's name may contain spaces and ends with the last parenthesis. User and system time are fields 14 and 15.
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
    // No such process, or no such file system.
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
