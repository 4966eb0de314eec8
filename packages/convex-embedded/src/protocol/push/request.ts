/** The request that starts a push (`StartPushRequest` in `cli/lib/deployApi/startPush.ts` of the `convex` package). */
import type { IncomingMessage } from "node:http";
import { ApiError } from "../../http/api";
import { badBody, fieldsOf, parseJson, readEncodedText } from "../../http/body";
import type { PushedComponent, PushedModule, PushedProject } from "../../runtime/pushedProject";
import { moduleHash } from "../../runtime/pushedProject";

/** The limits of a push, before and after decompression. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_DECODED_BYTES = 128 * 1024 * 1024;
/** As on Convex: files of one component with functions. It may have as many chunks of dependencies. */
const MAX_MODULES = 4096;

export interface PushRequest {
  readonly project: PushedProject;
  readonly dryRun: boolean;
}

/** Reads a JSON object from a body that may be compressed. @throws ApiError for a body that is invalid or too large. */
export async function readPushBody(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  try {
    return fieldsOf(parseJson(await readEncodedText(incoming, MAX_BYTES, MAX_DECODED_BYTES)));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 413) throw error;
    throw new ApiError(413, "ModulesTooLarge", TOO_LARGE);
  }
}

const TOO_LARGE =
  `The functions are too large: a push may have at most ${MAX_BYTES / 1024 ** 2} MiB, and ${MAX_DECODED_BYTES / 1024 ** 2} MiB ` +
  "after decompression. Import less, or move large data from code to documents or files.";

/**
 * Parses a push.
 *
 * @param previous The app's modules in service. The command line sends only their hashes if they have not changed.
 * @throws ApiError for an invalid request.
 */
export function pushIn(
  fields: Readonly<Record<string, unknown>>,
  previous: PushedProject | null,
): PushRequest {
  const app = fieldsOf(fields["appDefinition"]);
  const version = textOf(app["udfServerVersion"], "udfServerVersion");
  const unchanged = listOf(app["unchangedModuleHashes"], "unchangedModuleHashes").map((hash) =>
    unchangedModule(fieldsOf(hash), previous),
  );
  const changed = modulesIn(app["changedModules"], "changedModules");
  const components = listOf(fields["componentDefinitions"], "componentDefinitions").map(
    (given): PushedComponent => {
      const component = fieldsOf(given);
      return {
        definition: textOf(component["definitionPath"], "definitionPath"),
        config: moduleIn(component["definition"]),
        schema: moduleOrNull(component["schema"]),
        modules: modulesIn(component["functions"], "functions"),
      };
    },
  );
  const root: PushedComponent = {
    definition: "",
    config: moduleOrNull(app["definition"]),
    schema: moduleOrNull(app["schema"]),
    modules: [...unchanged, ...changed].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  for (const component of [root, ...components]) checkCount(component);
  return { project: { version, components: [root, ...components] }, dryRun: fields["dryRun"] === true };
}

function checkCount({ definition, modules }: PushedComponent): void {
  const files = modules.filter(({ path }) => !path.startsWith("_deps/"));
  if (files.length > MAX_MODULES) {
    throw new ApiError(
      400,
      "InvalidModules",
      `Too many function files (${files.length} > maximum ${MAX_MODULES}) in "convex/${definition}".`,
    );
  }
  const chunks = modules.length - files.length;
  if (chunks > MAX_MODULES) {
    throw new ApiError(
      400,
      "InvalidModules",
      `Too many chunks of dependencies (${chunks} > maximum ${MAX_MODULES}) in "convex/${definition}".`,
    );
  }
}

function unchangedModule(
  { path, sha256 }: Readonly<Record<string, unknown>>,
  previous: PushedProject | null,
): PushedModule {
  const modules = previous?.components[0]?.modules ?? [];
  const found = modules.find((module) => module.path === path && moduleHash(module) === sha256);
  if (found !== undefined) return found;
  // The command line pushes again after this error.
  throw new ApiError(400, "RaceDetected", `The module ${String(path)} was changed by another push.`);
}

function modulesIn(given: unknown, name: string): PushedModule[] {
  return listOf(given, name).map(moduleIn);
}

function moduleOrNull(given: unknown): PushedModule | null {
  return given === undefined || given === null ? null : moduleIn(given);
}

function moduleIn(given: unknown): PushedModule {
  const { path, source, sourceMap, environment } = fieldsOf(given);
  if (environment !== "isolate" && environment !== "node") {
    throw badBody('`environment` must be "isolate" or "node"');
  }
  return {
    path: textOf(path, "path"),
    source: textOf(source, "source"),
    sourceMap: typeof sourceMap === "string" ? sourceMap : null,
    ...(environment === "node" && { environment }),
  };
}

function textOf(given: unknown, name: string): string {
  if (typeof given === "string") return given;
  throw badBody(`\`${name}\` must be a string`);
}

function listOf(given: unknown, name: string): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw badBody(`\`${name}\` must be a list`);
}
