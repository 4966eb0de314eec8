import { join } from "node:path";
import { expect, test } from "vitest";
import { displayPath } from "./displayPath";

test("what lies below the current directory is shown relative to it, and nothing else is", () => {
  const here = process.cwd();
  expect(displayPath(join(here, "data", "deep"))).toBe(join("data", "deep"));
  expect(displayPath(join(here, "..data"))).toBe("..data");
  for (const path of [here, join(here, ".."), join(here, "..", "beside"), "/"])
    expect(displayPath(path)).toBe(path);
});
