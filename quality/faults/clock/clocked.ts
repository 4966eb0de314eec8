import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Product, temporaryDirectory } from "../product";

/** A product whose clock can be set, by the milliseconds that it is ahead. All its starts share one data directory. */
export function clocked(settings: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const file = join(directory, "clock");
  const set = (milliseconds: number) => writeFileSync(file, String(milliseconds));
  set(0);
  const preload = join(import.meta.dirname, "moved.mjs");
  const env = { NODE_OPTIONS: `--import ${preload}`, CLOCK_FILE: file };
  return { set, start: () => Product.start({ data: join(directory, "data"), settings, env }) };
}
