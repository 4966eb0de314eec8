/** Makes all files that an app gets, from the sources of this project. */
import { format, type Options as Style } from "prettier";
import { pathIn, type Layout } from "../layout";
import { withNeeded, type PartName } from "../parts";
import { described, DESCRIPTION } from "./description";
import { cronsFile, tablesFile } from "./merged";
import { renamed, type Names } from "./names";
import { placed } from "./rewrite";
import { selected } from "./selection";
import type { Texts } from "./source";
import type { Renames } from "./tables";

export type Choice = {
  readonly layout: Layout;
  readonly parts: readonly PartName[];
  readonly names: Names;
  readonly tables: Renames;
};

/** The style of the copied code. The app's own formatter may change it later. */
const STYLE: Style = { printWidth: 110 };

/** Returns the files of the chosen parts, by their paths in the app. The same sources and choices return the same texts. */
export async function copiedFiles(texts: Texts, choice: Choice): Promise<Map<string, string>> {
  const names = withNeeded(choice.parts);
  const parts = selected(texts, names);
  const result = new Map<string, string>();
  for (const [file, text] of parts) {
    const path = pathIn(choice.layout, file);
    result.set(
      path,
      await made(file, renamed(file, text, choice.names), { ...choice, parts: names, texts: parts }),
    );
  }
  return result;
}

async function made(file: string, text: string, choice: Choice & { texts: Texts }): Promise<string> {
  if (file === DESCRIPTION) return described(text, choice.parts);
  if (!file.endsWith(".ts")) return text;
  const here = placed(file, text, choice);
  const whole =
    file === "convex/schema.ts" ? tablesFile(here) : file === "convex/crons.ts" ? cronsFile(here) : here;
  return whole === text ? text : format(whole, { ...STYLE, parser: "typescript" });
}
