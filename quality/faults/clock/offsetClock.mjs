/**
 * Preloaded into the server (`--import`). Adds the milliseconds in the file `CLOCK_FILE` to the clock, and reads the file on
 * each call. Monotonic time does not change.
 */
import { readFileSync } from "node:fs";

const file = process.env["CLOCK_FILE"];
const Real = Date;

function offsetNow() {
  return Real.now() + Number(readFileSync(file, "utf8"));
}

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(offsetNow());
    else super(...parts);
  }

  static now() {
    return offsetNow();
  }
};
