/**
 * `convex-embedded.json` at the top of a project configures what `convex-embedded start` prints and serves besides the functions. It
 * also names the actions that may connect only to public addresses, and the query that adds figures to the metrics. The file and all
 * of its members are optional.
 *
 * ```json
 * {
 *   "firstStart": { "run": "setup:firstKey", "args": { "name": "local" }, "print": ["key"] },
 *   "pages": { "docs": "/docs" },
 *   "assets": [{ "path": "/docs/app.js", "file": "public/app.js", "type": "text/javascript", "env": "APP_SCRIPT" }],
 *   "guardedFetch": { "functions": ["webhooks:send"], "allowLoopback": "ALLOW_LOOPBACK" },
 *   "metrics": { "query": "metrics:read" }
 * }
 * ```
 */
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Value } from "convex/values";
import type { Asset } from "../http/assets";
import type { GuardedFunctions } from "../server/guardedFunctions";

export interface Config {
  /** A function that runs once per data directory, and the fields of its result to print: `key  VALUE`. */
  readonly firstStart: FirstStart | null;
  /** Paths whose addresses are printed at each start, by label: `docs http://127.0.0.1:3211/docs`. */
  readonly pages: Readonly<Record<string, string>>;
  /** Files that the HTTP action port serves itself. A file that does not exist is skipped. */
  readonly assets: readonly ConfiguredAsset[];
  /** Actions whose `fetch` connects only to public addresses. */
  readonly guardedFetch: GuardedFunctions | null;
  /** The query that returns the app's own figures for `GET /metrics`: `metrics:read`. */
  readonly metricsQuery: string | null;
}

export interface FirstStart {
  /** The function: `setup:firstKey`. */
  readonly run: string;
  readonly args: Record<string, Value>;
  readonly print: readonly string[];
}

export interface ConfiguredAsset extends Asset {
  /** The environment variable that gives functions the asset's path, unless it is already set. */
  readonly env: string | null;
}

export const CONFIG_FILE = "convex-embedded.json";

/**
 * Reads the configuration of a project.
 *
 * @param project absolute path of the folder that holds `convex/`.
 * @throws Error that names the file and the invalid member.
 */
export function readConfig(project: string): Config {
  const text = contentOf(join(project, CONFIG_FILE));
  if (text === null)
    return { firstStart: null, pages: {}, assets: [], guardedFetch: null, metricsQuery: null };
  let json: unknown;
  try {
    json = JSON.parse(text.toString("utf8"));
  } catch (error) {
    throw new ConfigError("", (error as Error).message);
  }
  const config = objectAt("", json, ["firstStart", "pages", "assets", "guardedFetch", "metrics"]);
  return {
    firstStart: config["firstStart"] === undefined ? null : firstStartOf(config["firstStart"]),
    pages: pagesOf(config["pages"] ?? {}),
    assets: listAt("assets", config["assets"] ?? []).flatMap((asset, index) =>
      assetOf(project, asset, index),
    ),
    guardedFetch: config["guardedFetch"] === undefined ? null : guardedFetchOf(config["guardedFetch"]),
    metricsQuery:
      config["metrics"] === undefined
        ? null
        : textAt("metrics.query", objectAt("metrics", config["metrics"], ["query"])["query"]),
  };
}

class ConfigError extends Error {
  constructor(member: string, message: string) {
    super(`${CONFIG_FILE}: ${member === "" ? "" : `${member}: `}${message}`);
  }
}

/** Returns the bytes of a file, `null` if it does not exist. */
function contentOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function firstStartOf(json: unknown): FirstStart {
  const { run, args = {}, print = [] } = objectAt("firstStart", json, ["run", "args", "print"]);
  return {
    run: textAt("firstStart.run", run),
    // Every JSON value is a Convex value.
    args: objectAt("firstStart.args", args) as Record<string, Value>,
    print: listAt("firstStart.print", print).map((name, index) => textAt(`firstStart.print.${index}`, name)),
  };
}

function pagesOf(json: unknown): Record<string, string> {
  const pages = objectAt("pages", json);
  return Object.fromEntries(
    Object.entries(pages).map(([word, path]) => [word, pathAt(`pages.${word}`, path)]),
  );
}

function assetOf(project: string, json: unknown, index: number): ConfiguredAsset[] {
  const at = `assets.${index}`;
  const { path, file, type, env } = objectAt(at, json, ["path", "file", "type", "env"]);
  const asset = {
    path: pathAt(`${at}.path`, path),
    file: resolve(project, textAt(`${at}.file`, file)),
    type: textAt(`${at}.type`, type),
    env: env === undefined ? null : textAt(`${at}.env`, env),
  };
  const stats = statSync(asset.file, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  // As nginx makes it. A digest of the bytes would read some megabytes at each start.
  return [{ ...asset, etag: `"${Math.floor(stats.mtimeMs).toString(16)}-${stats.size.toString(16)}"` }];
}

function guardedFetchOf(json: unknown): GuardedFunctions {
  const { functions, allowLoopback } = objectAt("guardedFetch", json, ["functions", "allowLoopback"]);
  return {
    functions: listAt("guardedFetch.functions", functions).map((name, index) =>
      textAt(`guardedFetch.functions.${index}`, name),
    ),
    allowLoopback: allowLoopback === undefined ? null : textAt("guardedFetch.allowLoopback", allowLoopback),
  };
}

function objectAt(member: string, json: unknown, known?: readonly string[]): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new ConfigError(member, "must be an object");
  const unknown = known && Object.keys(json).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ConfigError(member, `unknown member "${unknown}"`);
  return json as Record<string, unknown>;
}

function listAt(member: string, json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw new ConfigError(member, "must be a list");
  return json;
}

function textAt(member: string, json: unknown): string {
  if (typeof json !== "string" || json === "") throw new ConfigError(member, "must be a non-empty string");
  return json;
}

function pathAt(member: string, json: unknown): string {
  const path = textAt(member, json);
  if (!path.startsWith("/")) throw new ConfigError(member, 'must begin with "/"');
  return path;
}
