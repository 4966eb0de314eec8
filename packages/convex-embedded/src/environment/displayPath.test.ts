import { join } from "node:path";
import { expect, test } from "vitest";
import { displayPath } from "./displayPath";

test("only paths below the current directory are shown as relative", () => {
  const here = process.cwd();
  expect(displayPath(join(here, "data", "deep"))).toBe(join("data", "deep"));
  expect(displayPath(join(here, "..data"))).toBe("..data");
  for (const path of [here, join(here, ".."), join(here, "..", "beside"), "/"])
    expect(displayPath(path)).toBe(path);
});
