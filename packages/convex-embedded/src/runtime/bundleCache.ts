/**
 * Keeps the last build of a project in `node_modules/.cache/convex-embedded`, so that a start without changes does not run the
 * bundler, which takes most of the time of a start.
 *
 * An entry is used only if all inputs of its build have the same contents, and if the runtime and esbuild are the same. Files that
 * have not been changed since the entry was written are not read again. A corrupt file and a file of another version are ignored and
 * replaced. If the folder cannot be written, each start bundles.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bundle } from "./bundle";
import { newFilename } from "./bundle";
import type { BundleInputs } from "./bundleInputs";
import { changedSince, digestOf } from "./bundleInputs";
import type { ProjectBundle } from "./components";
import { functionsFolder } from "./convexJson";
import type { NodeBundle } from "./nodeBundle";

/** File systems round times, to a tick of the kernel or more. */
const ROUNDING_MS = 100;

/** The first part of an entry, as JSON. The texts of the scripts follow in the same order. */
interface Header {
  readonly runtime: string;
  readonly inputs: BundleInputs;
  /** The hash of the inputs' contents. */
  readonly digest: string;
  /** The hash of the inputs' times. */
  readonly times: string;
  readonly scripts: readonly {
    readonly contents: "functions" | "node" | "config";
    /** The definition's path. `""` for scripts that do not belong to a definition. */
    readonly definition: string;
    readonly codeBytes: number;
    readonly mapBytes: number;
    readonly warnings: readonly string[];
  }[];
}

/**
 * Returns the file of a project's entry. Returns `null` if the project cannot have one: no folder of installed packages, or one
 * that it shares with other projects through a link.
 *
 * @param project The absolute path of the project.
 */
export function cacheFile(project: string): string | null {
  if (!existsSync(project) || realpathSync(project) !== project) return null;
  for (let folder = project; ; folder = dirname(folder)) {
    const packages = join(folder, "node_modules");
    const stats = lstatSync(packages, { throwIfNoEntry: false });
    if (stats !== undefined) {
      if (!stats.isDirectory()) return null;
      // Programs with different copies of the runtime do not replace each other's entries.
      const name = hashOf([project, ownFile]).slice(0, 16);
      return join(packages, ".cache", "convex-embedded", `${basename(project)}-${name}.bundle`);
    }
    if (folder === dirname(folder)) return null;
  }
}

/**
 * Returns the entry in a file, `null` if it is missing, corrupt, from another version or project, or if an input has changed.
 *
 * @param project The absolute path of the project.
 */
export function readCache(file: string, project: string): ProjectBundle | null {
  try {
    const bytes = readFileSync(file);
    const checksumEnd = bytes.indexOf("\n");
    const entry = bytes.subarray(checksumEnd + 1);
    if (bytes.toString("latin1", 0, checksumEnd) !== hashOf([entry])) return null;
    const headerEnd = entry.indexOf("\n");
    // The checksum shows that this runtime or another version of it wrote the text.
    const header = JSON.parse(entry.toString("utf8", 0, headerEnd)) as Header;
    if (header.runtime !== runtimeHash() || header.inputs.project !== project) return null;
    const texts = entry.subarray(headerEnd + 1);
    const startedAt = Date.now();
    const times = digestOf(header.inputs, "times");
    if (header.times !== times) {
      if (header.digest !== digestOf(header.inputs, "contents")) return null;
      writeEntry(file, { ...header, times }, [texts], startedAt);
    }
    return bundleFrom(header, texts);
  } catch {
    return null;
  }
}

/**
 * Writes an entry. Does nothing if the inputs have changed since the build began, or if the file cannot be written.
 *
 * @param listInputs Lists the inputs, `null` if they cannot be listed. It may throw.
 * @param startedAt When the build began, in milliseconds since 1970.
 */
export function writeCache(
  file: string,
  bundle: ProjectBundle,
  listInputs: () => BundleInputs | null,
  startedAt: number,
): void {
  try {
    const inputs = listInputs();
    if (inputs === null) return;
    const times = digestOf(inputs, "times");
    const digest = digestOf(inputs, "contents");
    const scripts = scriptsOf(bundle).map(([contents, definition, { code, map, warnings }]) => ({
      contents,
      definition,
      code: Buffer.from(code),
      map,
      warnings,
    }));
    const header: Header = {
      runtime: runtimeHash(),
      inputs,
      digest,
      times,
      scripts: scripts.map(({ contents, definition, code, map, warnings }) => ({
        contents,
        definition,
        codeBytes: code.length,
        mapBytes: map.length,
        warnings,
      })),
    };
    const texts = scripts.flatMap(({ code, map }) => [code, map]);
    writeEntry(file, header, texts, startedAt);
  } catch {
    // An input has vanished. The next start bundles again.
  }
}

/** Writes an entry unless the file cannot be written, or an input has changed after a time in milliseconds since 1970. */
function writeEntry(file: string, header: Header, texts: readonly Uint8Array[], startedAt: number): void {
  try {
    if (changedSince(header.inputs, startedAt - ROUNDING_MS)) return;
    const entry = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...texts]);
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, [Buffer.from(`${hashOf([entry])}\n`), entry]);
  } catch {
    // The next start has to read the inputs again.
  }
}

/** Other processes read the old contents or the new ones, never half of them. */
function replaceFile(file: string, contents: readonly Uint8Array[]): void {
  const part = `${file}.${process.pid}.${randomUUID()}`;
  try {
    for (const bytes of contents) appendFileSync(part, bytes);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

type Script = readonly [contents: Header["scripts"][number]["contents"], definition: string, bundle: Bundle];

function scriptsOf({ functions, config, node }: ProjectBundle): Script[] {
  const scripts = Array.from(functions, ([definition, bundle]): Script => ["functions", definition, bundle]);
  if (node !== null) scripts.push(["node", "", node]);
  if (config !== null) scripts.push(["config", "", config]);
  return scripts;
}

function bundleFrom({ scripts, inputs }: Header, texts: Buffer): ProjectBundle {
  const functions = new Map<string, Bundle>();
  let config: Bundle | null = null;
  let node: NodeBundle | null = null;
  let at = 0;
  for (const { contents, definition, codeBytes, mapBytes, warnings } of scripts) {
    const mapAt = at + codeBytes;
    const bundle: Bundle = {
      code: texts.toString("utf8", at, mapAt),
      // A copy, so that the text of all scripts need not stay in memory.
      map: Uint8Array.from(texts.subarray(mapAt, mapAt + mapBytes)),
      filename: newFilename(),
      warnings,
    };
    at = mapAt + mapBytes;
    if (contents === "config") config = bundle;
    else if (contents === "node") node = { ...bundle, folder: functionsFolder(inputs.project) };
    else functions.set(definition, bundle);
  }
  return { config, functions, node, warnings: scripts.flatMap(({ warnings }) => warnings) };
}

const ownFile = fileURLToPath(import.meta.url);
let ownHash: string | undefined;

/** Returns a hash of everything besides the project that decides the result of a build. */
function runtimeHash(): string {
  return (ownHash ??= hashOf([
    bundlerVersion(),
    process.env["NODE_PATH"] ?? "",
    ...ownSources().map((file) => readFileSync(file)),
  ]));
}

/** Returns the version of esbuild without loading it. */
function bundlerVersion(): string {
  const { version } = createRequire(import.meta.url)("esbuild/package.json") as { version: string };
  return version;
}

/** The files that hold the code of the build: this file if the runtime is bundled, or the sources next to it as well. */
function ownSources(): string[] {
  const names = [
    ...["bundle", "bundleInputs", "componentConfig", "components", "entries", "plugins", "tsconfig"],
    ...["missingGenerated", "nodeBundle", "nodeExternals"],
    "../exec/context/library",
  ];
  const siblings = names.map((name) => join(dirname(ownFile), name + extname(ownFile)));
  return [ownFile, ...siblings.filter((file) => existsSync(file))];
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}
