import { dirname, resolve } from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { selected } from "./copy/selection";
import { isGenerated, resolved, sourceTexts, type Texts } from "./copy/source";
import { PART_NAMES, PARTS, withNeeded, type PartName } from "./parts";

const root = resolve(import.meta.dirname, "../..");
let texts: Texts;

beforeAll(() => {
  texts = sourceTexts(root);
});

/** Every choice of parts that has the parts it needs. */
const CHOICES = Array.from({ length: 2 ** PART_NAMES.length }, (_, bits) =>
  PART_NAMES.filter((_name, at) => bits & (1 << at)),
).filter((parts) => withNeeded(parts).length === parts.length);

const named = (parts: readonly PartName[]) => (parts.length === 0 ? "no part" : parts.join(", "));

test.each(CHOICES.map((parts) => [named(parts), parts] as const))(
  "the files of %s import no file that is left out",
  (_name, parts) => {
    const chosen = selected(texts, parts);
    const missing: string[] = [];
    for (const [file, text] of chosen) {
      if (!/\.m?ts$/.test(file)) continue;
      for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles)
        if (!isFound(file, fileName, chosen)) missing.push(`${file} imports ${fileName}`);
      for (const module of modulesIn(text))
        if (!chosen.has(`convex/${module}.ts`)) missing.push(`${file} calls functions of ${module}`);
    }
    expect(missing).toEqual([]);
  },
);

test.each(PART_NAMES)("the part %s names files that exist, and leaves out all of its tables", (name) => {
  for (const pattern of PARTS[name].files)
    expect([...texts.keys()].filter((file) => pattern.test(file))).not.toEqual([]);
  const without = selected(
    texts,
    withNeeded(PART_NAMES.filter((other) => other !== name && !PARTS[other].needs.includes(name))),
  );
  for (const table of PARTS[name].tables) {
    const users = [...without].filter(([, text]) =>
      new RegExp(`(query|get|insert|id|doc)\\("${table}"`).test(text),
    );
    expect(users.map(([file]) => file)).toEqual([]);
    expect(without.get("convex/schema.ts")).not.toMatch(new RegExp(`\\b${table}: defineTable`));
  }
});

test("a part brings the parts that it needs", () => {
  expect(withNeeded(["billing"])).toEqual(["webhooks", "billing"]);
});

test("all parts together are the whole project", () => {
  expect(selected(texts, PART_NAMES)).toEqual(texts);
});

function isFound(file: string, specifier: string, chosen: Texts): boolean {
  try {
    const target = resolved(file, specifier, (path) => chosen.has(path));
    return target === undefined || isGenerated(target) || chosen.has(target);
  } catch {
    return false;
  }
}

/** Returns the modules whose functions a text refers to: `webhooks/process` for `internal.webhooks.process.sweep`. */
function modulesIn(text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\binternal((?:\.\w+)+)/g)].map(([, path = ""]) =>
    dirname(path.slice(1).replaceAll(".", "/")),
  );
}
