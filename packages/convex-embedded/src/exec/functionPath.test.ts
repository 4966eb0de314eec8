import { expect, test } from "vitest";
import { pathFlaw } from "./functionPath";

const long = "a".repeat(65);

test.each([
  "items:get",
  "http/items:get",
  "items",
  "items.js:get",
  "a/./b//c:d",
  "_a:_b1",
  `a:${"b".repeat(64)}`,
])("%s is a valid path", (path) => {
  expect(pathFlaw(path)).toBeNull();
});

// The messages of Convex's `UdfPath`.
test.each([
  ["", "Module path  doesn't have a filename."],
  ["/", "Module path / doesn't have a filename."],
  ["a/..:b", "Module path a/.. doesn't have a filename."],
  ["items.lib:get", "Module path (items.lib) has an extension that isn't 'js'."],
  ["items.:get", "Module path (items.) has an extension that isn't 'js'."],
  ["/items:get", "Module paths must be relative (/items is absolute)."],
  ["./items:get", "Invalid path component CurDir in ./items."],
  ["../items:get", "Invalid path component ParentDir in ../items."],
  ["a:b:c", "Path component a:b.js can only contain alphanumeric characters, underscores, or periods."],
  [
    "my-items:get",
    "Path component my-items.js can only contain alphanumeric characters, underscores, or periods.",
  ],
  ["__/items:get", "Path component __ must have at least one alphanumeric character."],
  [`${long}/b:c`, `Path component is too long (65 > maximum 64): ${"a".repeat(64)}...`],
  ["items:", "Identifier cannot be empty"],
  [
    "items:1get",
    "Invalid first character '1' in 1get: Identifiers must start with an alphabetic character or underscore",
  ],
  [
    "items:get-all",
    "Identifier get-all has invalid character '-': Identifiers can only contain alphanumeric characters or underscores",
  ],
  [`items:${long}`, "Identifier is too long (65 > maximum 64)"],
  ["items:__", "Identifier __ cannot have exclusively underscores"],
])("%s is refused", (path, message) => {
  expect(pathFlaw(path)).toBe(message);
});
