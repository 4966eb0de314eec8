/** Copies of a checkout for what is planted into them. */
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

/** This checkout. */
export const root = resolve(import.meta.dirname, "../../..");

/** A folder with these files. */
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

/** A copy of this checkout, as far as its functions and generated files go. */
export function copy(files: Record<string, string> = {}): string {
  const directory = folder();
  for (const name of ["convex", "openapi", "scripts", "package.json", "tsconfig.json", ".prettierrc.json"])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  for (const name of ["bench", "embedded", "node_modules"])
    symlinkSync(join(root, name), join(directory, name));
  for (const [file, text] of Object.entries(files)) plant(directory, file, text);
  return directory;
}

/** Every file of a copy, with its text. */
export const contents = (directory: string): string[] =>
  ["convex", "openapi", "scripts"]
    .flatMap((name) => readdirSync(join(directory, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), "utf8")}`);

/** Findings as lines. */
export const lines = (findings: readonly Finding[]): string[] =>
  findings.map((finding) => `${finding.level} ${finding.what} → ${finding.do ?? ""}`);
