/** Decides how the app's own files change, without writing them. */
import { posix } from "node:path";
import type { App } from "./app";
import { copiedFiles, type Choice } from "./copy/copied";
import type { Texts } from "./copy/source";
import { needsOf, type Manifest } from "./packages";
import { withCompilerOptions } from "./theirs/compiler";
import { HandEdit, type Editor } from "./theirs/edit";
import { cronsEditor, routerEditor, schemaEditor } from "./theirs/functions";
import { withRuntimeConfig } from "./theirs/runtime";
import { mismatchesIn, scriptsFor, withPackages } from "./theirs/package";
import { withSection } from "./theirs/readme";
import type { Mismatch } from "./theirs/versions";

export type Plan = {
  /** The copied files by their paths in the app. */
  readonly copies: ReadonlyMap<string, string>;
  /** The app's own files that change, and those that it lacks, by path. */
  readonly edits: ReadonlyMap<string, string>;
  /** The edits that the command leaves to the owner, by path. */
  readonly hand: ReadonlyMap<string, HandEdit>;
  /** The scripts of the app that run the API's programs, by their usual names. */
  readonly scripts: Readonly<Record<string, { name: string; command: string }>>;
  /** The packages that the app uses in another major version. */
  readonly mismatches: readonly Mismatch[];
};

export type Origin = {
  readonly texts: Texts;
  /** This project's `package.json`. */
  readonly manifest: Manifest & { readonly version: string };
  /** The version of the runtime. */
  readonly runtime: string;
  /** The texts of this project's `auth.config.ts` and `convex-embedded.json`. */
  readonly authConfig: string;
  readonly embedded: string;
};

/** The runtime as a file in the app, because npm does not have it yet. */
export const runtimeFile = (tools: string, version: string): string =>
  posix.join(tools, `convex-embedded-${version}.tgz`);

/** Returns the copies for a choice, and the edits of the app's own files. */
export async function planned(app: App, choice: Choice, origin: Origin): Promise<Plan> {
  const { layout } = choice;
  const { functions, folder, tools } = layout;
  const copies = await copiedFiles(origin.texts, choice);
  const edits = new Map<string, string>();
  const hand = new Map<string, HandEdit>();

  const edit = (path: string, editor: Editor): void => {
    const before = app.read(path);
    const after = editor(before);
    if (after instanceof HandEdit) hand.set(path, after);
    else if (after !== before) edits.set(path, after);
  };
  const inFunctions = (file: string) => posix.join(functions, file);
  edit(inFunctions("schema.ts"), schemaEditor(folder));
  edit(inFunctions("http.ts"), routerEditor(folder));
  edit(inFunctions("crons.ts"), cronsEditor(folder));
  // An app that has issuers keeps them: the API accepts every token that Convex has verified.
  edit(inFunctions("auth.config.ts"), (text) => text ?? origin.authConfig);
  edit(inFunctions("tsconfig.json"), withCompilerOptions);

  const runtime = `file:${runtimeFile(tools, origin.runtime)}`;
  const before = app.read("package.json") ?? "{}\n";
  const scripts = scriptsFor(before, layout, { webhooks: choice.parts.includes("webhooks") });
  const needs = needsOf(copies, layout, origin.manifest, runtime);
  edit("package.json", () => withPackages(before, layout, needs, scripts));
  edit("convex-embedded.json", (text) => withRuntimeConfig(text, origin.embedded, folder));
  edit(".gitignore", (text) => withLine(text, ".convex-embedded/"));
  const names = Object.fromEntries(Object.entries(scripts).map(([usual, { name }]) => [usual, name]));
  edit("README.md", (text) => withSection(text, { names: choice.names, layout, scripts: names }));
  return { copies, edits, hand, scripts, mismatches: mismatchesIn(before, needs) };
}

function withLine(text: string | undefined, line: string): string {
  if (text === undefined) return `${line}\n`;
  return text.split(/\r?\n/).includes(line) ? text : `${text.replace(/\n?$/, "\n")}${line}\n`;
}
