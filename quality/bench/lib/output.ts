/** The description of the machine, and output files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, resolve } from "node:path";

/** Describes the machine: `Node 20.20.2, 2 × Some CPU, load generator on the same machine`. */
export function machine(): string {
  const { node } = process.versions;
  return `Node ${node}, ${availableParallelism()} × ${cpus()[0]?.model ?? "CPU"}, load generator on the same machine`;
}

/** Writes a file, and creates its directory. */
export function write(file: string, text: string): void {
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, text);
}
