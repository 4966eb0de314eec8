/** The record of an adoption: what was chosen, and the copied files as they were. `--update` compares the files with it. */
import { posix } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { PART_NAMES, type PartName } from "./parts";
import type { Choice } from "./copy/copied";

export type Adoption = {
  /** The version of this project, from its `package.json`. */
  readonly version: string;
  readonly choice: Choice;
};

const RECORD = "adopted.json";
const COPIES = "adopted.copies.gz";

/** Returns the text of the record. */
export function recordText({ version, choice: { layout, parts, names, tables } }: Adoption): string {
  return `${JSON.stringify({ version, layout, parts, names, tables: Object.fromEntries(tables) }, null, 2)}\n`;
}

/** Reads a record. @throws Error if it is not one. */
export function recordIn(text: string): Adoption {
  const { version, tables, parts, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const known = Array.isArray(parts) ? PART_NAMES.filter((name) => parts.includes(name)) : [];
  return {
    version: String(version),
    choice: {
      ...(rest as Pick<Choice, "layout" | "names">),
      parts: known satisfies PartName[],
      tables: new Map(Object.entries((tables ?? {}) as Record<string, string>)),
    },
  };
}

/** Packs the copied files. Equal files give equal bytes. */
export const packed = (files: ReadonlyMap<string, string>): Buffer =>
  gzipSync(JSON.stringify(Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)))), { level: 9 });

export const unpacked = (bytes: Uint8Array): Map<string, string> =>
  new Map(Object.entries(JSON.parse(gunzipSync(bytes).toString("utf8")) as Record<string, string>));

export const recordPath = (tools: string): string => posix.join(tools, RECORD);
export const copiesPath = (tools: string): string => posix.join(tools, COPIES);
