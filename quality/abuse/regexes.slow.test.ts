/** Checks every regular expression of the served code with recheck: each must take linear time for every text. */
import { existsSync } from "node:fs";
import { check, type Diagnostics } from "recheck";
import { describe, expect, test, vi } from "vitest";
import { regexesIn, type Found } from "./regexes";

const ALL = ["convex", "packages/convex-embedded/src", "examples"].flatMap(regexesIn);
const nameOf = ({ file, source }: Found) => `${file}: ${source}`;

/** Milliseconds for one expression. recheck answers `unknown` after that, which fails the test. */
const TIMEOUT_MS = 120_000;

/**
 * Expressions that may take polynomial time, and the reason why their text is short or trusted.
 * recheck searches some of them by random texts, and so finds the slow text only in some runs.
 */
const SHORT_TEXTS: Readonly<Record<string, string>> = {
  "convex/lib/accept.lib.ts: [^/]+$": "a media type that the API offers, a constant",
  "convex/outgoing/address.lib.ts: \\.+$": "a URL of at most 2,048 characters",
  'examples/web/src/api.ts: <([^>]+)>; *rel="next"': "a header of the API that the page calls",
  "examples/web/src/main.ts: \\/+$": "an address that the user types",
  "packages/convex-embedded/src/environment/envFile.ts: ^[ \\t]*(?:export[ \\t]+)?name[ \\t]*=[ \\t]*(?:'[^']*'|\"[^\"]*\"|\\`[^\\`]*\\`)?[^\\n]*(?:\\n|$)":
    "the operator's own file",
  "packages/convex-embedded/src/environment/envLines.ts: ^(?:export\\s+)?[A-Za-z_][\\w.-]*\\s*=\\s*(.*)$":
    "a line of the operator's own file",
  "packages/convex-embedded/src/environment/environment.ts: \\/+$": "a setting of the operator",
  "packages/convex-embedded/src/exchange/entries.ts: (?:^|\\/)((?:_components\\/[^/]+\\/)*)$":
    "the name of a ZIP entry, at most 65,535 bytes, in an import that takes the admin key",
  "packages/convex-embedded/src/runtime/mounts.ts: \\/+$": "a setting of the operator",
  "packages/convex-embedded/src/web/addressRules.ts: (?:::|:0:|:200:)5efe:[0-9a-f.:]+$":
    "an IPv6 address, after the resolver or the URL parser has accepted it",
  "packages/convex-embedded/src/runtime/entries.ts: ^\\s{0,100}(import|export)": "a source file in convex/",
  "packages/convex-embedded/src/runtime/entries.ts: \\/\\/[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/":
    "the beginning of a source file in convex/",
  'packages/convex-embedded/src/runtime/tsconfig.ts: "extends"\\s*:\\s*("[^"]*"|\\[[^\\]]*\\])':
    "the project's own tsconfig.json",
};

/** Returns `linear`, `polynomial`, `exponential`, or `unknown` with recheck's reason. */
async function complexityOf({ source, flags }: Pick<Found, "source" | "flags">): Promise<string> {
  // The JavaScript build works on every machine. The others are native programs that a platform may lack.
  vi.stubEnv("RECHECK_BACKEND", "pure");
  const found: Diagnostics = await check(source, flags, { timeout: TIMEOUT_MS });
  if (found.status === "unknown") return `unknown: ${JSON.stringify(found.error)}`;
  return found.status === "safe" ? "linear" : found.complexity.type;
}

describe("the checker finds planted expressions", () => {
  test.each(["(a+)+$", "(a|a)*$", "^(\\w+\\s?)*$", "(x+x+)+y", "^(?=(a+)+b)"])(
    "/%s/ takes exponential time",
    async (source) => expect(await complexityOf({ source, flags: "" })).toBe("exponential"),
  );

  test.each(["\\s+$", "^a*a*$", "^.*a.*$", "a+b", "^(a|b)*a[ab]*$"])(
    "/%s/ takes polynomial time",
    async (source) => expect(await complexityOf({ source, flags: "" })).toBe("polynomial"),
  );

  test.each(["^(a|b)*$", "^(\\w+\\.)*$", "^(a+)+", "^a{1,61}b?$"])("/%s/ takes linear time", async (source) =>
    expect(await complexityOf({ source, flags: "" })).toBe("linear"),
  );

  test("an expression that recheck cannot read fails", async () => {
    expect(await complexityOf({ source: "[a", flags: "" })).toMatch(/^unknown/);
  });
});

test("all expressions are collected, including those built at run time", () => {
  expect(ALL.length).toBeGreaterThan(100);
  const ofMediaTypes = ALL.filter(({ file }) => file === "convex/lib/mediaType.lib.ts");
  expect(ofMediaTypes.some(({ source }) => new RegExp(source).test('; charset="a b"'))).toBe(true);
});

test.each(ALL.map((found) => [nameOf(found), found] as const))("%s", async (name, found) => {
  expect(name in SHORT_TEXTS ? ["linear", "polynomial"] : ["linear"]).toContain(await complexityOf(found));
});

test("every exception names an expression that exists", () => {
  // A copy of the project may have removed a file.
  const names = Object.keys(SHORT_TEXTS).filter((name) => existsSync(name.split(": ", 1)[0] ?? ""));
  expect(ALL.map(nameOf)).toEqual(expect.arrayContaining(names));
});
