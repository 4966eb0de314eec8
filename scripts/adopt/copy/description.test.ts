import { resolve } from "node:path";
import { expect, test } from "vitest";
import { PART_NAMES, PARTS, type PartName } from "../parts";
import { described, DESCRIPTION } from "./description";
import { selected } from "./selection";
import { sourceTexts } from "./source";

const root = resolve(import.meta.dirname, "../../..");
const texts = sourceTexts(root);
const text = texts.get(DESCRIPTION) ?? "";
const without = (part: PartName) =>
  PART_NAMES.filter((name) => name !== part && !PARTS[name].needs.includes(part));

test.each([...PART_NAMES.map((part) => [part, without(part)] as const), ["any part", []] as const])(
  "without %s, the text names only routes that the app has",
  async (_part, parts) => {
    const routes = selected(texts, parts).get("convex/http/api.routes.ts") ?? "";
    const paths = [...(await described(text, parts)).matchAll(/\/api\/[\w-]+/g)].map(([path]) => path);
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !routes.includes(` ${path}"`))).toEqual([]);
  },
);

test("without a part, the text does not describe its limits", async () => {
  const least = await described(text, []);
  expect(least).not.toMatch(/\bitems?\b|upload|GitHub|\bfiles with/);
  expect(least).toContain("| stored by an owner  | 100 keys, 20 webhook endpoints ");
});

test("with all parts, only the command that serves the app differs", async () => {
  const all = await described(text, PART_NAMES);
  expect(all).toContain("https://api.example.com/api/keys");
  expect(all.replace("npx convex-embedded start", "npm start").split(/\s+/)).toEqual(text.split(/\s+/));
});
