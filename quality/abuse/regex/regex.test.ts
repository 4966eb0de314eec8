/**
 * No regular expression that is served can be made to take for ever, whatever text it is given: by structure, not by the clock.
 */
import { describe, expect, test } from "vitest";
import { growthOf } from "./ambiguity";
import { regexesIn, type Found } from "./collect";

const ALL = [...regexesIn("convex"), ...regexesIn("packages/convex-embedded/src")];
const nameOf = ({ file, source }: Found) => `${file}: ${source}`;

/** Whose work grows with the square of the text, and why nobody can make that text long. */
const SHORT_TEXTS: Readonly<Record<string, string>> = {
  "convex/lib/accept.lib.ts: [^/]+$": "the media type that is asked for, a constant of ours",
  "packages/convex-embedded/src/environment/envLines.ts: ^(?:export\\s+)?[A-Za-z_][\\w.-]*\\s*=\\s*(.*)$":
    "a line of the operator's own file",
  "packages/convex-embedded/src/environment/environment.ts: \\/+$": "a setting of the operator",
  "packages/convex-embedded/src/runtime/entries.ts: \\/\\/[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/":
    "the beginning of a file in convex/",
};

describe("the check itself", () => {
  test.each([
    "(a+)+$",
    "(a*)*$",
    "(a|a)*$",
    "(a|aa)+$",
    "^(\\w+\\s?)*$",
    "(x+x+)+y",
    "^(a?b?)*$",
    "^(?=(a+)+b)",
  ])("/%s/ doubles with each character", (source) =>
    expect(growthOf({ source, flags: "" })).toBe("exponential"),
  );

  test.each(["\\s+$", "^a*a*$", "^.*a.*$", "a+b", "^(a|b)*a[ab]*$"])("/%s/ grows with a power", (source) =>
    expect(growthOf({ source, flags: "" })).toBe("polynomial"),
  );

  test.each([
    "^(a|b)*$",
    "^[ab]*c$",
    "^(\\w+\\.)*$",
    "^(a+)+",
    "^a{1,61}b?$",
    "^([a-z][a-z]{0,9},)*$",
    "^é*[^é]*$",
  ])("/%s/ looks at each character a few times at most", (source) =>
    expect(growthOf({ source, flags: "" })).toBe("linear"),
  );

  test.each(["a)", "(?<=a", "(?i:a)", "[a"])("/%s/ is not let through unseen", (source) =>
    expect(() => growthOf({ source, flags: "" })).toThrow(),
  );
});

test("there are expressions to look at, those put together at run time among them", () => {
  expect(ALL.length).toBeGreaterThan(100);
  const ofMediaTypes = ALL.filter(({ file }) => file === "convex/lib/mediaType.lib.ts");
  expect(ofMediaTypes.some(({ source }) => new RegExp(source).test('; charset="a b"'))).toBe(true);
});

test.each(ALL.map((found) => [nameOf(found), found] as const))("%s", (name, found) => {
  const growth = growthOf(found);
  if (name in SHORT_TEXTS) expect(growth).toBe("polynomial");
  else expect(growth).toBe("linear");
});

test("no exception is left of an expression that has gone", () => {
  expect(ALL.map(nameOf)).toEqual(expect.arrayContaining(Object.keys(SHORT_TEXTS)));
});
