import { expect, test } from "vitest";
import { attachment } from "./contentDisposition.lib";

test.each([
  [undefined, "attachment"],
  ["bolt.png", 'attachment; filename="bolt.png"'],
  ["a b;c.txt", 'attachment; filename="a b;c.txt"'],
  ["naïve.txt", "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"],
  ["😀.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%F0%9F%98%80.txt"],
  ['a"b\\c', "attachment; filename=\"a_b_c\"; filename*=UTF-8''a%22b%5Cc"],
  ["50%41.txt", "attachment; filename=\"50_41.txt\"; filename*=UTF-8''50%2541.txt"],
  ["a'(é)*", "attachment; filename=\"a'(_)*\"; filename*=UTF-8''a%27%28%C3%A9%29%2A"],
])("the header of the name %j is %s", (name, header) => {
  expect(attachment(name)).toBe(header);
});

test("a line break in a name does not end the header", () => {
  expect(attachment("a\r\nSet-Cookie: x")).not.toMatch(/[\r\n]/);
});
