import { expect, test } from "vitest";
import { UsageError } from "./arguments";
import { parseCommandLine } from "./options";

test("--api-port-origins takes a list of origins, and leaves it to the environment where it is missing", () => {
  expect(parseCommandLine([]).apiPortOrigins).toBeUndefined();
  const list = ["--api-port-origins", "https://a.example.com, https://*.example.org"];
  expect(parseCommandLine(list).apiPortOrigins).toEqual(["https://a.example.com", "https://*.example.org"]);
  expect(parseCommandLine(["--api-port-origins", ""]).apiPortOrigins).toEqual([]);
  expect(() => parseCommandLine(["--api-port-origins", "a.example.com"])).toThrow(UsageError);
});
