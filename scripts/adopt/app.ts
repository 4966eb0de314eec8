/** The app that gets the API. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, posix, resolve, sep } from "node:path";
import { Refusal } from "./refusal";
import { objectIn } from "./theirs/json";

export type App = {
  /** The folder with the `package.json` of the functions. In a monorepo it is the package's. */
  readonly root: string;
  /** The folder of the functions, relative to `root`. */
  readonly functions: string;
  /** Returns the text of a file, or undefined if the app does not have it. The path is relative to `root`. */
  readonly read: (path: string) => string | undefined;
};

/** Finds the app in a folder: there, or in the only package of a monorepo that has functions. @throws Refusal if there is none. */
export function appIn(folder: string): App {
  const given = resolve(folder);
  if (!existsSync(given)) throw new Refusal(`${folder} does not exist. Give the folder of your app.`);
  const roots = hasFunctions(given) ? [given] : packagesBelow(given).filter(hasFunctions);
  const [root, second] = roots;
  if (root === undefined)
    throw new Refusal(
      `${folder} has no package.json with Convex functions beside it. Create them with \`npx convex dev\` first.`,
    );
  if (second !== undefined)
    throw new Refusal(
      `Several packages have Convex functions: ${roots.join(", ")}. Give the folder of one of them.`,
    );
  const read = (path: string) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
  return { root, functions: functionsIn(root), read };
}

const hasFunctions = (root: string): boolean =>
  existsSync(join(root, "package.json")) && existsSync(join(root, functionsIn(root)));

function functionsIn(root: string): string {
  const file = join(root, "convex.json");
  const settings = existsSync(file) ? objectIn("convex.json", readFileSync(file, "utf8")) : {};
  const { functions } = settings;
  return posix.normalize(typeof functions === "string" ? functions : "convex").replace(/\/$/, "");
}

/** Returns the folders of packages, up to three levels down. */
function packagesBelow(folder: string, depth = 3): string[] {
  if (depth === 0) return [];
  const below = readdirSync(folder)
    .filter((name) => !name.startsWith(".") && name !== "node_modules")
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory());
  return below.flatMap((path) => [
    ...(existsSync(join(path, "package.json")) ? [path] : []),
    ...packagesBelow(path, depth - 1),
  ]);
}

/** Returns the name of the app, for the title of its API. */
export function nameOfApp({ root, read }: App): string {
  const { name } = objectIn("package.json", read("package.json") ?? "{}");
  return typeof name === "string" && name !== "" ? name : basename(root);
}

/**
 * Searches the app's functions for definitions of tables. Adds those of Convex Auth if the schema has them.
 *
 * @param folder the folder of the API's functions, whose tables do not count.
 */
export function scannedTables({ root, functions, read }: App, folder: string): Set<string> {
  const tables = new Set<string>();
  for (const file of sourceFiles(join(root, functions))) {
    if (file.startsWith(`${folder}/`)) continue;
    const text = read(posix.join(functions, file)) ?? "";
    for (const [, table = ""] of text.matchAll(/(\w+)["']?\s*:\s*defineTable\(/g)) tables.add(table);
    if (text.includes("...authTables")) for (const table of AUTH_TABLES) tables.add(table);
  }
  // A table may also be a variable with its name.
  const schema = read(posix.join(functions, "schema.ts")) ?? "";
  for (const [, table = ""] of schema.matchAll(/^\s*(\w+)(?:\s*:\s*\w+)?,$/gm)) tables.add(table);
  return tables;
}

const sourceFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => /\.tsx?$/.test(path) && !/(^|\/)(_generated|node_modules)\//.test(path));

/** The tables of Convex Auth that an app takes with `...authTables`. */
const AUTH_TABLES = [
  "users",
  "authSessions",
  "authAccounts",
  "authRefreshTokens",
  "authVerificationCodes",
  "authVerifiers",
  "authRateLimits",
];
