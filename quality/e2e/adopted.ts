/** An app that has adopted the API, as an end-to-end run needs it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { appIn, type App } from "../../scripts/adopt/app";
import { pathIn } from "../../scripts/adopt/layout";
import { recordIn, recordPath } from "../../scripts/adopt/record";
import { Refusal } from "../../scripts/adopt/refusal";
import { objectIn } from "../../scripts/adopt/theirs/json";

export type AdoptedApp = {
  /** The folder with the `package.json`. */
  readonly root: string;
  /** The absolute path of the OpenAPI document. */
  readonly document: string;
  /** The name of the script that serves the app with the embedded runtime. */
  readonly script: string;
  /** The settings in `.env.local`, which the app's own functions may need. */
  readonly settings: Readonly<Record<string, string>>;
  /** The text of `auth.config.ts`. */
  readonly authConfig: string;
};

/** Finds an app that has adopted the API. @throws UsageError if the folder has none. */
export function adoptedApp(folder: string): AdoptedApp {
  const app = found(folder);
  const { root, functions, read } = app;
  const tools = readdirSync(root).find((name) => existsSync(join(root, recordPath(name))));
  if (tools === undefined)
    throw new UsageError(`${folder} has not adopted the API. Run \`npm run adopt -- ${folder}\` first.`);
  const { layout } = recordIn(read(recordPath(tools)) ?? "").choice;
  const { scripts = {} } = objectIn("package.json", read("package.json") ?? "{}") as {
    scripts?: Record<string, string>;
  };
  const [script] =
    Object.entries(scripts).find(([, command]) => command.startsWith("convex-embedded start")) ?? [];
  if (script === undefined)
    throw new UsageError(`${folder} has no script that runs \`convex-embedded start\`. Add one.`);
  return {
    root,
    document: join(root, pathIn(layout, "openapi/openapi.json")),
    script,
    settings: parseEnv(read(".env.local") ?? "") as Record<string, string>,
    authConfig: read(`${functions}/auth.config.ts`) ?? "",
  };
}

function found(folder: string): App {
  try {
    return appIn(folder);
  } catch (error) {
    if (error instanceof Refusal) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
