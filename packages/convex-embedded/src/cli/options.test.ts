import { expect, test } from "vitest";
import { UsageError } from "./arguments";
import { parseCommandLine } from "./options";

test("--api-port-origins accepts a list of origins; without it the environment decides", () => {
  expect(parseCommandLine([]).apiPortOrigins).toBeUndefined();
  const list = ["--api-port-origins", "https://a.example.com, https://*.example.org"];
  expect(parseCommandLine(list).apiPortOrigins).toEqual(["https://a.example.com", "https://*.example.org"]);
  expect(parseCommandLine(["--api-port-origins", ""]).apiPortOrigins).toEqual([]);
  expect(() => parseCommandLine(["--api-port-origins", "a.example.com"])).toThrow(UsageError);
});

test.each([
  ["--metrics", "metrics"],
  ["--streaming-export", "streamingExport"],
] as const)("%s is off by default and takes no value", (option, name) => {
  expect(parseCommandLine([])[name]).toBe(false);
  expect(parseCommandLine([option])[name]).toBe(true);
  expect(() => parseCommandLine([`${option}=open`])).toThrow(UsageError);
});
