/** Changes in the app's `package.json`: dependencies, imports and scripts. */
import type { Layout } from "../layout";
import { objectIn, withMembers } from "./json";
import { isOlder, mismatches, type Mismatch } from "./versions";

export type Needs = {
  /** Ranges of packages that functions import, and of packages that only programs import. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

type Manifest = Readonly<Record<string, unknown>>;
type Ranges = Readonly<Record<string, string>>;

const member = (manifest: Manifest, name: string): Ranges => (manifest[name] ?? {}) as Ranges;

/** Returns the scripts that the app gets: the command by the name, with the prefix `api:` where the app has the name already. */
export function scriptsFor(
  text: string,
  { tools }: Layout,
  parts: { webhooks: boolean },
): Record<string, { name: string; command: string }> {
  const taken = member(objectIn("package.json", text), "scripts");
  const commands: Record<string, string> = {
    api: "convex-embedded start",
    openapi: `cd ${tools} && node scripts/run.mjs openapi/generate.ts`,
    ...(parts.webhooks && { webhook: `node ${tools}/scripts/run.mjs ${tools}/scripts/webhook/main.ts` }),
    codegen: `node ${tools}/scripts/codegen.mjs`,
  };
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]) => {
      const isFree = taken[name] === undefined || taken[name] === command;
      return [name, { name: isFree ? name : `api:${name}`, command }];
    }),
  );
}

const rangesOf = (manifest: Manifest): Ranges => ({
  ...member(manifest, "devDependencies"),
  ...member(manifest, "dependencies"),
});

/** Returns the packages that the app uses in another major version than the API. */
export const mismatchesIn = (text: string, { dependencies, devDependencies }: Needs): Mismatch[] =>
  mismatches(rangesOf(objectIn("package.json", text)), { ...devDependencies, ...dependencies });

/** @throws Error if the app uses one of the API's names in `imports` for another file. */
export function withPackages(
  text: string,
  layout: Layout,
  needs: Needs,
  scripts: Readonly<Record<string, { name: string; command: string }>>,
): string {
  const manifest = objectIn("package.json", text);
  const both = rangesOf(manifest);
  const newer = (ranges: Ranges): Ranges =>
    Object.fromEntries(Object.entries(ranges).filter(([name, range]) => isOlder(both[name], range)));
  let result = withMembers(text, ["imports"], importsOf(manifest, layout));
  for (const kind of ["dependencies", "devDependencies"] as const) {
    for (const [name, range] of Object.entries(newer(needs[kind]))) {
      // A package stays where the app has it.
      const other = kind === "dependencies" ? "devDependencies" : "dependencies";
      const where = member(manifest, other)[name] === undefined ? kind : other;
      result = withMembers(result, [where], { [name]: range });
    }
  }
  const commands = Object.values(scripts).map(({ name, command }) => [name, command] as const);
  return withMembers(result, ["scripts"], Object.fromEntries(commands));
}

function importsOf(manifest: Manifest, { functions, folder }: Layout): Record<string, unknown> {
  const http = `./${functions}/${folder}/http`;
  const wanted: Record<string, unknown> = {
    "#docsOnly": { convex: `${http}/kit/noDocs.kit.ts`, default: `${http}/kit/docsOnly.kit.ts` },
    "#routes": `${http}/api.routes.ts`,
  };
  const taken = (manifest["imports"] ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(wanted))
    if (taken[name] !== undefined && JSON.stringify(taken[name]) !== JSON.stringify(value))
      throw new Error(`package.json uses ${name} in "imports" for another file. Rename it there first.`);
  return wanted;
}
