import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "../../lib/testServer";
import { startServer } from "../server";

/** Returns a server with an adjustable clock. `set` takes the offset in milliseconds. All starts share one data directory. */
export function serverWithClock(settings: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const file = join(directory, "clock");
  const set = (milliseconds: number) => writeFileSync(file, String(milliseconds));
  set(0);
  const preload = [pathToFileURL(join(import.meta.dirname, "offsetClock.mjs")).href];
  const env = { CLOCK_FILE: file };
  const data = join(directory, "data");
  return { data, set, start: () => startServer({ data, settings, env, preload }) };
}
