/**
 * The part of the file system that decides the result of a build, so that an equal result can be recognized without a build.
 *
 * The contents of the bundled files are not enough. A new `a.tsx` next to `a.ts` changes what `./a` means, and so does a package
 * that appears in a nearer `node_modules`. So the digest also covers the names in the folders that the bundler searches, and the
 * `package.json` and `tsconfig.json` files there.
 */
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import type { Metafile } from "esbuild";
import { moduleFiles } from "./entries";
import { tsconfigFiles } from "./tsconfig";

/** Absolute paths. */
export interface BundleInputs {
  readonly project: string;
  /** Files with contents that count. A file may be missing, which counts too. */
  readonly files: readonly string[];
  /** Folders with names that count. A folder may be missing. */
  readonly folders: readonly string[];
  /** `convex/` and the folders of components, with modules at any depth. */
  readonly roots: readonly string[];
}

/** Files that the bundler reads on its way to a module. */
const SETTINGS = [
  "package.json",
  "convex.json",
  "tsconfig.json",
  "jsconfig.json",
  ".pnp.cjs",
  ".pnp.data.json",
];
/** Names that can change how an import is resolved. Other names, such as those of logs, do not count. */
const RESOLVABLE = /^node_modules$|\.([cm]?[jt]s|[jt]sx|json|css|wasm)$|^\.pnp\./;

/**
 * Returns the inputs of a build, or `null` if they cannot be listed, for example because `tsconfig.json` maps imports to other
 * folders.
 *
 * @param project The absolute path of the project. @param roots The bundled folders, absolute paths.
 * @param metafiles esbuild's report of each bundle.
 */
export function inputsOf(
  project: string,
  roots: readonly string[],
  metafiles: readonly Metafile[],
): BundleInputs | null {
  const files = new Set<string>();
  const imports = new Set<string>();
  for (const { inputs } of metafiles) {
    for (const [name, { imports: found }] of Object.entries(inputs)) {
      const file = fileOf(project, name);
      if (file !== null && isFile(file)) files.add(file);
      for (const { original } of found) if (original !== undefined) imports.add(original);
    }
  }
  // A module that was added during the build is not in its result.
  if (roots.some((root) => moduleNames(root).some((name) => !files.has(join(root, name))))) return null;
  const configs = tsconfigFiles([...files].map(dirname), imports);
  if (configs === null) return null;
  const folders = new Set([...files, ...roots.map((root) => join(root, "modules"))].flatMap(ancestors));
  for (const folder of folders) for (const name of SETTINGS) configs.add(join(folder, name));
  for (const file of configs) if (isFile(file)) files.add(file);
  for (const folder of [...folders]) {
    const modules = join(folder, "node_modules");
    if (!existsSync(modules)) continue;
    folders.add(modules);
    for (const name of readdirSync(modules)) if (name.startsWith("@")) folders.add(join(modules, name));
  }
  return { project, files: [...files].sort(), folders: [...folders].sort(), roots };
}

/**
 * Returns a hash of everything that the inputs contain. Equal hashes mean that a build gives an equal result.
 *
 * @param by Whether files count by their contents, or by the time of their last status change, which is faster. The time also differs
 * for a copy with the same contents.
 */
export function digestOf({ project, files, folders, roots }: BundleInputs, by: "contents" | "times"): string {
  const hash = createHash("sha256");
  // A length before each text, so that two different lists never hash the same bytes.
  const add = (text: string | Uint8Array): void => void hash.update(`${text.length}:`).update(text);
  for (const file of files) {
    add(file);
    if (by === "times") add(timesOf(file));
    else add(existsSync(file) ? readFileSync(file) : "missing");
  }
  for (const folder of folders) {
    add(folder);
    for (const entry of countedEntries(folder, project)) {
      add(entry.name);
      // Another target of a link means other files.
      if (entry.isSymbolicLink()) add(readlinkSync(join(folder, entry.name)));
    }
  }
  for (const root of roots) for (const name of moduleNames(root)) add(name);
  return hash.digest("hex");
}

/**
 * True if an input has changed after a time, so that a build that began then may have read the earlier state.
 *
 * @param time Milliseconds since 1970.
 */
export function changedSince({ project, files, folders }: BundleInputs, time: number): boolean {
  const listed = folders.flatMap((folder) =>
    countedEntries(folder, project).map(({ name }) => join(folder, name)),
  );
  // `cp -p` and archives restore the modification time.
  return (
    files.some((file) => statSync(file).ctimeMs >= time) ||
    listed.some((path) => lstatSync(path).ctimeMs >= time)
  );
}

/** Returns the file of an input's name in esbuild's report, `null` for text that a plugin or the runtime made. */
function fileOf(project: string, name: string): string | null {
  const [, path] = /^(?:[a-z-]{2,}|\([a-z]+\)):(.*)$/s.exec(name) ?? [];
  if (path === undefined) return resolve(project, name);
  return isAbsolute(path) ? path : null;
}

/** Returns a text that differs after each change of a file. Unlike the modification time, `ctime` cannot be set. */
function timesOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ctimeMs} ${stats.size} ${stats.ino}` : "missing";
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Returns the folders around a file, from the nearest to the root. */
function ancestors(file: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); folders.at(-1) !== folder; folder = dirname(folder)) folders.push(folder);
  return folders;
}

function moduleNames(root: string): string[] {
  return existsSync(root) ? Array.from(moduleFiles(root), ({ file }) => file) : [];
}

/** Returns the entries of a folder with names that count, sorted. */
function countedEntries(folder: string, project: string): Dirent[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => counts(entry, folder, project))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function counts(entry: Dirent, folder: string, project: string): boolean {
  const { name } = entry;
  // The folders around the project contain files of all kinds, which its imports do not name.
  if (project.startsWith(folder + sep) || folder === dirname(folder))
    return name === "node_modules" || SETTINGS.includes(name);
  if (holdsPackages(folder)) return !entry.isFile() && !name.startsWith(".");
  return entry.isSymbolicLink() || RESOLVABLE.test(name);
}

/** True for `node_modules` and for the folder of a scope in it. */
function holdsPackages(folder: string): boolean {
  const name = basename(folder);
  return name === "node_modules" || (name.startsWith("@") && basename(dirname(folder)) === "node_modules");
}
