/** The bundle that a deployment would get: its size, and that it imports no Node built-ins. */
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import type { BuildFailure, Message } from "esbuild";
import { bundleSizes } from "../../../quality/bench/cold/bundle";
import { authConfigFile, schemaFile } from "../../../packages/convex-embedded/src/runtime/entries";
import { convexPlugins } from "../../../packages/convex-embedded/src/runtime/plugins";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

const KIB = 1024;
const MIB = 1024 * KIB;
/** Convex's limit for all functions of a deployment (docs.convex.dev, "Bundling"). */
const MAX_ALL = 32 * MIB;
/** Above this size `http.ts` and its imports make each request slow to start. It is 1.5 times their size in this project. */
const MAX_HTTP = 300 * KIB;

/** Bundles `convex/` as the Convex CLI does, and compares the sizes with the limits, in bytes. */
export async function bundle(project: string, limits = { all: MAX_ALL, http: MAX_HTTP }): Promise<Finding[]> {
  const directory = join(project, "convex");
  const more = [schemaFile(directory), authConfigFile(directory)].flatMap((file) =>
    file === null ? [] : [join(directory, file)],
  );
  try {
    const { all, http } = await bundleSizes(directory, more, convexPlugins.browser);
    if (all > limits.all)
      return [
        problem(
          `The bundle has ${size(all)}, but Convex accepts at most ${size(limits.all)}`,
          "Remove or replace the largest packages that convex/ imports.",
        ),
      ];
    if (http > limits.http)
      return [
        warning(
          `Each request loads ${size(http)} (http.ts and its imports), which makes it slow to start`,
          'Import zod as `* as z from "zod/mini"`, and call code that needs a large package through ctx.runAction.',
        ),
      ];
    return [ok(`the bundle has ${size(all)}, each request loads ${size(http)}; no Node built-ins`)];
  } catch (error) {
    return isBuildFailure(error)
      ? error.errors.map((message) => finding(project, message))
      : [problem(`The functions cannot be bundled: ${reasonOf(error)}`, "Run `npm run check:types`.")];
  }
}

function finding(project: string, { text, location }: Message): Finding {
  const where = location
    ? `${relative(project, join(process.cwd(), location.file))}:${location.line}`
    : "convex";
  const name = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  return name !== undefined && isBuiltin(name)
    ? problem(
        `${where} imports ${name}, a Node built-in that functions cannot use`,
        "Use a web API instead, such as crypto.subtle, TextEncoder or fetch.",
      )
    : problem(`${where}: ${text}`, "Correct the error: the functions cannot be deployed with it.");
}

function size(bytes: number): string {
  return bytes < MIB ? `${Math.round(bytes / KIB)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && "errors" in error && Array.isArray(error.errors);
