/** Copies of a checkout in which tests plant faults. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import type { Finding } from "../finding";

/** The root of this checkout. */
export const root = resolve(import.meta.dirname, "../../..");

/** Creates a temporary folder with these files. The test deletes it. */
export function folder(files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [file, text] of Object.entries(files)) plant(directory, file, text);
  return directory;
}

function plant(directory: string, file: string, text: string): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), text);
}

/** Copies the functions and generated files of this checkout, and adds these files. */
export function copy(files: Record<string, string> = {}): string {
  const directory = folder();
  for (const name of ["convex", "openapi", "scripts", "package.json", "tsconfig.json", ".prettierrc.json"])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  for (const name of ["node_modules", "packages"]) symlinkSync(join(root, name), join(directory, name));
  for (const [file, text] of Object.entries(files)) plant(directory, file, text);
  return directory;
}

/** Returns the name and text of every file of a copy. */
export const contents = (directory: string): string[] =>
  ["convex", "openapi", "scripts"]
    .flatMap((name) => readdirSync(join(directory, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), "utf8")}`);

/** Formats findings as `level what → remedy`. */
export const lines = (findings: readonly Finding[]): string[] =>
  findings.map((finding) => `${finding.level} ${finding.what} → ${finding.do ?? ""}`);
