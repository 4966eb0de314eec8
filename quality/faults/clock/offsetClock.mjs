/**
 * Preloaded into the server (`--import`): moves its clock by the milliseconds in the file `CLOCK_FILE`, which is read on each
 * call. Monotonic time is not moved.
 */
import { readFileSync } from "node:fs";

const file = process.env["CLOCK_FILE"];
const Real = Date;

function moved() {
  return Real.now() + Number(readFileSync(file, "utf8"));
}

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(moved());
    else super(...parts);
  }

  static now() {
    return moved();
  }
};
