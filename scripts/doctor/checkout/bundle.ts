/** The bundle that a deployment would get, and what it must not have in it. */
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import type { BuildFailure, Message } from "esbuild";
import { bundleSizes } from "../../../quality/bench/cold/bundle";
import { authConfigFile, schemaFile } from "../../../packages/convex-embedded/src/runtime/entries";
import { convexPlugins } from "../../../packages/convex-embedded/src/runtime/plugins";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

const KIB = 1024;
const MIB = 1024 * KIB;
/** What Convex takes for all functions of a deployment (docs.convex.dev, "Bundling"). */
const MOST = 32 * MIB;
/** What `http.ts` and its imports may come to before every request is slow to start: half again what they are here. */
const HTTP_MOST = 300 * KIB;

/** Bundles `convex/` as the CLI would, and holds the sizes against the limits. */
export async function bundle(project: string, limits = { all: MOST, http: HTTP_MOST }): Promise<Finding[]> {
  const directory = join(project, "convex");
  const more = [schemaFile(directory), authConfigFile(directory)].flatMap((file) =>
    file === null ? [] : [join(directory, file)],
  );
  try {
    const { all, http } = await bundleSizes(directory, more, convexPlugins);
    const sizes = `${size(all)} in all, of which a request loads ${size(http)}`;
    if (all > limits.all)
      return [
        problem(
          `The bundle has ${size(all)}, and Convex takes ${size(limits.all)}`,
          "Look for a package that brings more than you use.",
        ),
      ];
    if (http > limits.http)
      return [
        warning(
          `Every request loads ${size(http)}: http.ts and all that it imports`,
          'Import zod as `* as z from "zod/mini"`, and call what needs a large package by ctx.runAction.',
        ),
      ];
    return [ok(`${sizes}; no Node built-in`)];
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
        `${where} imports ${name}, which is Node's: functions do not have it`,
        "Use what the web has too, such as crypto.subtle, TextEncoder or fetch.",
      )
    : problem(`${where}: ${text}`, "Mend it: nothing can be deployed.");
}

function size(bytes: number): string {
  return bytes < MIB ? `${Math.round(bytes / KIB)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && "errors" in error && Array.isArray(error.errors);
