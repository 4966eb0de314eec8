import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "../../lib/testServer";
import { startServer } from "../server";

/** A server whose clock can be set, by the milliseconds that it is ahead. All its starts share one data directory. */
export function clocked(settings: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const file = join(directory, "clock");
  const set = (milliseconds: number) => writeFileSync(file, String(milliseconds));
  set(0);
  const preload = [pathToFileURL(join(import.meta.dirname, "moved.mjs")).href];
  const env = { CLOCK_FILE: file };
  return { set, start: () => startServer({ data: join(directory, "data"), settings, env, preload }) };
}
