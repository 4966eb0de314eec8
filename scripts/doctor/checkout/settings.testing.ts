import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { settings } from "../checkout";

export const root = resolve(import.meta.dirname, "../../..");

/** A text of 32 characters, for secrets that no message may print. */
export const LONG = "0123456789abcdef0123456789abcdef";

/** Checks an env file with this text, and returns the findings as lines. */
export function findingsIn(text: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const envFile = join(directory, "env");
  writeFileSync(envFile, text);
  const found = settings({ project: root, host: {}, envFile });
  return found.map((finding) => `${finding.level} ${finding.what} → ${finding.do ?? ""}`);
}
