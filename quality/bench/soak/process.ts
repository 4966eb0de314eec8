/** What the kernel knows of a process. Linux only: everywhere else there is nothing to see. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const KIB = 1024;

/** File descriptors by what they stand for. */
export interface Descriptors {
  readonly sockets: number;
  readonly files: number;
  /** Pipes, timers, inotify and the like. */
  readonly others: number;
}

export interface Memory {
  /** Bytes of its own: heap, stacks, buffers. */
  readonly own: number;
  /** Bytes of mapped files: programs, and pages of the database, which the kernel takes back when it needs them. */
  readonly mapped: number;
}

export function memoryOf(pid: number): Memory | undefined {
  return unlessElsewhere(() => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]) * KIB;
    return { own: bytes("RssAnon"), mapped: bytes("RssFile") + bytes("RssShmem") };
  });
}

export function descriptorsOf(pid: number): Descriptors | undefined {
  return unlessElsewhere(() => {
    const directory = `/proc/${pid}/fd`;
    const counts = { sockets: 0, files: 0, others: 0 };
    for (const fd of readdirSync(directory)) counts[kindOf(`${directory}/${fd}`)]++;
    return counts;
  });
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

function unlessElsewhere<Result>(read: () => Result): Result | undefined {
  return process.platform === "linux" ? read() : undefined;
}
