/**
 * Loaded before the product (`--import`): moves the clock of its process by the milliseconds that stand in the file
 * `CLOCK_FILE`, from one call to the next. What Node measures spans with goes on as it does when a system's clock is set.
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
