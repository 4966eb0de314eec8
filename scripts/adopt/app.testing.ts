import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Copies a fixture to a temporary directory, which the test deletes. @param name the name of the copied folder. */
export function appLike(fixture: string, name = "app"): string {
  const directory = mkdtempSync(join(tmpdir(), "adopt-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const app = join(directory, name);
  cpSync(join(import.meta.dirname, "fixtures", fixture), app, { recursive: true });
  return app;
}
