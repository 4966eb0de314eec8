import { join } from "node:path";
import { expect, test } from "vitest";
import { shownPath } from "./shownPath";

test("what lies below the current directory is shown relative to it, and nothing else is", () => {
  const here = process.cwd();
  expect(shownPath(join(here, "data", "deep"))).toBe(join("data", "deep"));
  expect(shownPath(join(here, "..data"))).toBe("..data");
  for (const path of [here, join(here, ".."), join(here, "..", "beside"), "/"])
    expect(shownPath(path)).toBe(path);
});
